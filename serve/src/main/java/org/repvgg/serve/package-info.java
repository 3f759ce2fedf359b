/// An HTTP server for trained networks: [org.repvgg.serve.InferenceServer] binds an address and
/// hands requests on; [org.repvgg.serve.protocol] speaks the Open Inference Protocol,
/// [org.repvgg.serve.inference] holds the networks and forms batches, [org.repvgg.serve.page] is
/// what people see.
@NullMarked
package org.repvgg.serve;

import org.jspecify.annotations.NullMarked;
