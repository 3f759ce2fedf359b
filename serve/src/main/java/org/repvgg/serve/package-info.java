/// An HTTP server for trained networks: [org.repvgg.serve.InferenceServer] binds an address and
/// hands requests on; [org.repvgg.serve.protocol] speaks the Open Inference Protocol,
/// [org.repvgg.serve.inference] holds the networks and forms batches.
@NullMarked
package org.repvgg.serve;

import org.jspecify.annotations.NullMarked;
