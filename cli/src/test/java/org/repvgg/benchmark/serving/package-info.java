/// How fast `repvgg serve` answers, and what becomes of it under load:
/// [org.repvgg.benchmark.serving.ServingLoad] measures, `docs/results/serving` says what.
@NullMarked
package org.repvgg.benchmark.serving;

import org.jspecify.annotations.NullMarked;
