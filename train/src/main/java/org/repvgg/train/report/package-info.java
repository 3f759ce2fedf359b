/// A training told on one page: `report.html`, a single file without scripts or outside resources,
/// written by [org.repvgg.train.report.ReportWriter] from the numbers in
/// [org.repvgg.train.report.ReportData].
@NullMarked
package org.repvgg.train.report;

import org.jspecify.annotations.NullMarked;
