package org.repvgg.cli;

import java.io.PrintWriter;
import org.repvgg.format.Json;

/// Where a verb speaks: results to standard output, all else to standard error.
///
/// With `--json` the only thing on standard output is one object.
///
/// @param out results
/// @param err progress, notes, errors
/// @param terminal whether a person watches `err` on a terminal
record Console(PrintWriter out, PrintWriter err, boolean terminal) {

    /// A line of the result.
    void result(String format, Object... values) {
        out.println(values.length == 0 ? format : String.format(format, values));
    }

    void result(TextTable table) {
        table.lines().forEach(out::println);
    }

    /// The result as one JSON object.
    void result(Json json) {
        out.println(json.pretty());
    }

    /// Something worth knowing that is no result.
    void note(String format, Object... values) {
        err.println(values.length == 0 ? format : String.format(format, values));
        err.flush();
    }

    ProgressLine progress(String doing, String unit) {
        return new ProgressLine(this, doing, unit);
    }
}
