package org.repvgg.serve;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.repvgg.serve.inference.ServedModel;
import org.repvgg.serve.inference.ServingListener;

/// Counts images; after a pass, no other begins before the gate lets it.
final class OnePass implements ServingListener {
    final Semaphore gate = new Semaphore(0);
    final AtomicInteger images = new AtomicInteger();

    @Override
    public void batchDone(ServedModel model, int count, long nanos) {
        images.addAndGet(count);
        gate.acquireUninterruptibly();
    }

    void open() {
        gate.release(1_000_000);
    }
}
