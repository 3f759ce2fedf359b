package org.repvgg.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.model.Provenance;
import org.repvgg.train.report.ReportData;
import org.repvgg.train.report.ReportData.Mistake;

/// The report of a training, while it goes on and when it is over.
final class TrainingReport {
    private TrainingReport() {}

    /// @param command what the user typed; empty where nobody has told
    /// @param provenance of the network that the report is about
    static ReportData of(
            Trainer.Job job,
            ReportData.State state,
            List<EpochRecord> history,
            List<Mistake> mistakes,
            String command,
            Provenance provenance) {
        Map<String, String> facts = new LinkedHashMap<>();
        if (!command.isEmpty()) {
            facts.put("command", command);
        }
        Map<String, String> origin = new LinkedHashMap<>(provenance.facts());
        job.recipe().facts().keySet().forEach(origin::remove);
        origin.put("threads", Integer.toString(job.threads()));
        facts.putAll(origin);
        return new ReportData(
                "RepVGG-" + job.initial().spec().name() + " on " + job.data().name(),
                job.data().name(),
                job.initial().spec(),
                job.initial().input(),
                job.initial().input().classNames(),
                state,
                history,
                mistakes,
                job.recipe().facts(),
                facts);
    }
}
