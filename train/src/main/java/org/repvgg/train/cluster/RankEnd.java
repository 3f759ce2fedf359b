package org.repvgg.train.cluster;

import java.io.Serializable;

/// How a rank has ended.
///
/// @param status 0 done, 1 the work ran and failed, 2 the input is wrong
/// @param result for standard output
/// @param error the line that says what went wrong; empty where nothing did, or where that was said
///   already
/// @param lost whether it ended because another rank was lost, or because it was told to stop: to
///   begin again helps
public record RankEnd(int status, String result, String error, boolean lost)
        implements Serializable {}
