package org.repvgg.benchmark;

import java.time.Duration;

/// How contenders take turns.
///
/// @param rounds turns of each
/// @param turn how long one takes, at least
/// @param warmUp how long each runs before the first turn
public record Schedule(int rounds, Duration turn, Duration warmUp) {}
