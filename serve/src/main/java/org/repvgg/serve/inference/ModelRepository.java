package org.repvgg.serve.inference;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.serve.inference.ModelSource.Place;

/// The networks that are served, by name and version, kept as the files are.
///
/// One thread looks at the files from time to time, loads what is new or has changed, and unloads
/// what is gone. A network that replaces another answers before the other goes; a file that cannot
/// be loaded changes nothing but is told about. Safe to share between threads.
public final class ModelRepository implements AutoCloseable {
    private static final Comparator<Id> ORDER =
            Comparator.comparing(Id::name).thenComparingInt(id -> Integer.parseInt(id.version()));

    private final List<ModelSource> sources;
    private final ModelReader reader;
    private final RuntimeOptions runtime;
    private final BatchOptions batches;
    private final ServingListener listener;
    private final Duration period;
    private final Thread watcher;
    private final CountDownLatch ready = new CountDownLatch(1);

    private volatile Map<Id, Loaded> loaded = Map.of(); // replaced as a whole, by the watcher
    private volatile boolean closed;

    // Of the watcher alone.
    private final Map<Id, FileState> seen = new HashMap<>();
    private final Map<Id, FileState> refused = new HashMap<>();
    private final Set<Id> missed = new HashSet<>();
    private String trouble = "";

    /// @param sources in which a name and version stand once; of two, the first counts
    /// @param period between two looks at the files; zero to look once
    private ModelRepository(
            List<ModelSource> sources,
            ModelReader reader,
            RuntimeOptions runtime,
            BatchOptions batches,
            ServingListener listener,
            Duration period) {
        this.sources = List.copyOf(sources);
        this.reader = reader;
        this.runtime = runtime;
        this.batches = batches;
        this.listener = listener;
        this.period = period;
        this.watcher = Thread.ofPlatform().name("model-files").daemon().unstarted(this::watch);
    }

    /// Begins to load; see [#isReady].
    ///
    /// @param period between two looks at the files; zero to look once
    public static ModelRepository open(
            List<ModelSource> sources,
            ModelReader reader,
            RuntimeOptions runtime,
            BatchOptions batches,
            ServingListener listener,
            Duration period) {
        var repository = new ModelRepository(sources, reader, runtime, batches, listener, period);
        repository.watcher.start();
        return repository;
    }

    private record Id(String name, String version) {}

    /// What tells a file from the one that was there before.
    private record FileState(Path file, long size, FileTime changed, @Nullable Object key) {
        static FileState of(Path file) throws IOException {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            return new FileState(file, now.size(), now.lastModifiedTime(), now.fileKey());
        }
    }

    private record Loaded(FileState state, ServedModel model) {}

    /// Every loaded version, by name, then by version.
    public List<ServedModel> models() {
        return loaded.values().stream().map(Loaded::model).toList();
    }

    /// A loaded network.
    ///
    /// @param version as its folder is called; without one, the highest
    public Optional<ServedModel> find(String name, Optional<String> version) {
        return models().stream()
                .filter(model -> model.name().equals(name))
                .filter(model -> version.isEmpty() || model.version().equals(version.get()))
                .reduce((_, last) -> last);
    }

    /// The loaded versions of a name, the highest last.
    public List<String> versions(String name) {
        return models().stream()
                .filter(model -> model.name().equals(name))
                .map(ServedModel::version)
                .toList();
    }

    /// Whether the files that were there at the start have been looked at, and something answers.
    public boolean isReady() {
        return !closed && ready.getCount() == 0 && !loaded.isEmpty();
    }

    /// Whether the files that were there at the start are still being looked at.
    public boolean isLoading() {
        return !closed && ready.getCount() > 0;
    }

    /// Waits until all that was there at the start is loaded or refused.
    ///
    /// @return whether something answers
    public boolean awaitReady(Duration longest) throws InterruptedException {
        return ready.await(longest.toNanos(), TimeUnit.NANOSECONDS) && isReady();
    }

    private void watch() {
        lookOnce();
        ready.countDown();
        while (!closed && period.isPositive()) {
            LockSupport.parkNanos(period.toNanos());
            if (!closed) {
                lookOnce();
            }
        }
    }

    /// Whatever goes wrong, what is loaded stays, and there is a next time.
    private void lookOnce() {
        try {
            look();
            trouble = "";
        } catch (IOException | RuntimeException | Error e) {
            String reason = "cannot look for networks: " + line(e);
            if (!reason.equals(trouble)) { // not every two seconds
                trouble = reason;
                listener.failed("", "", reason);
            }
        }
    }

    private static String line(Throwable e) {
        String message = e.getMessage();
        String text = message == null || e instanceof FileSystemException ? e.toString() : message;
        return text.replaceAll("\\s+", " ");
    }

    private void look() throws IOException {
        Map<Id, Place> places = places();
        for (Map.Entry<Id, Place> entry : places.entrySet()) {
            if (closed) {
                return;
            }
            refresh(entry.getKey(), entry.getValue());
        }
        for (Id id : List.copyOf(loaded.keySet())) {
            // one look may fall between the going of a file and the coming of the next
            if (!places.containsKey(id) && !missed.add(id)) {
                replace(id, null);
            }
        }
        missed.removeAll(places.keySet());
        seen.keySet().retainAll(places.keySet());
        refused.keySet().retainAll(places.keySet());
    }

    private Map<Id, Place> places() throws IOException {
        Map<Id, Place> places = new LinkedHashMap<>();
        for (ModelSource source : sources) {
            for (Place place : source.places()) {
                places.putIfAbsent(new Id(place.name(), place.version()), place);
            }
        }
        return places;
    }

    private void refresh(Id id, Place place) {
        FileState state;
        try {
            state = FileState.of(place.file());
        } catch (IOException e) {
            return; // just gone; the next look knows more
        }
        boolean still = state.equals(seen.put(id, state));
        if (!still && ready.getCount() == 0) {
            return; // perhaps still being written: the next look knows more
        }
        Loaded now = loaded.get(id);
        if (now != null && now.state.equals(state) || state.equals(refused.get(id))) {
            return;
        }
        try {
            long start = System.nanoTime();
            ServedModel model = load(id, place.file());
            replace(id, new Loaded(state, model));
            refused.remove(id);
            listener.loaded(model, Duration.ofNanos(System.nanoTime() - start));
        } catch (OutOfMemoryError e) { // there may be room for it the next time
            listener.failed(id.name, id.version, place.file() + ": not enough memory");
        } catch (IOException | RuntimeException e) {
            refused.put(id, state);
            listener.failed(id.name, id.version, line(e));
        }
    }

    private ServedModel load(Id id, Path file) throws IOException {
        PlainModel model = reader.read(file);
        return ServedModel.load(id.name, id.version, model, runtime, batches, listener);
    }

    /// From here on requests find the other one; the one they found before answers what waits.
    private void replace(Id id, @Nullable Loaded other) {
        Map<Id, Loaded> next = new TreeMap<>(ORDER);
        next.putAll(loaded);
        Loaded old = other == null ? next.remove(id) : next.put(id, other);
        loaded = next;
        if (old != null) {
            old.model.close();
            listener.unloaded(old.model);
        }
    }

    /// Answers what waits, and unloads all.
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(watcher);
        Uninterruptibly.join(watcher);
        for (Id id : new ArrayList<>(loaded.keySet())) {
            replace(id, null);
        }
    }
}
