package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;

/// A trained network that another one learns from: knowledge distillation (Hinton et al., 2015).
///
/// An image's target becomes `(1 - part) * label + part * softmax(logits / temperature)`, with the
/// teacher's logits on the very pixels that its pupil sees, moved, mixed and distorted (Beyer et
/// al., CVPR 2022). In the rest of a recipe that mirrors, it looks at the mirror images, too, and
/// the target takes the mean.
///
/// It costs one pass of the teacher a step, unless epochs show the batches of earlier ones again:
/// what it answered then is kept, and takes `views * images * classes` floats, in the rest as many
/// again.
///
/// @param model of either form, for the pupil's classes and input; folded where it can be
/// @param part of the target that is the teacher's, `(0,1]`
/// @param temperature above 1 tells more of the classes that the teacher thinks less likely
/// @param views epochs that show what was not shown before, and as many of the rest; those that
///   follow show their batches again in other orders. 0 where every epoch shows something new
public record Teacher(Model model, double part, double temperature, int views) {
    public Teacher {
        checkArgument(
                part > 0 && part <= 1, "a teacher has a part in (0,1] of the target: %s", part);
        checkArgument(
                temperature > 0 && Double.isFinite(temperature),
                "temperature must be positive: %s",
                temperature);
        checkArgument(views >= 0, "a teacher cannot look at %s epochs", views);
    }

    /// The epoch whose batches epoch `epoch` shows, both counted from 1.
    int view(int epoch, Recipe recipe) {
        if (views == 0) {
            return epoch;
        }
        int before = recipe.rests(epoch) ? recipe.epochsBeforeRest() : 0;
        return before + (epoch - before - 1) % views + 1;
    }

    /// @throws IllegalArgumentException if `pupil` sees or answers something else, naming both
    void checkTeaches(BranchedModel pupil) {
        InputSpec mine = model.input();
        InputSpec its = pupil.input();
        checkArgument(
                model.spec().classes() == pupil.spec().classes(),
                "the teacher has %s classes, the network %s",
                model.spec().classes(),
                pupil.spec().classes());
        checkArgument(
                mine.classNames().isEmpty() || mine.classNames().equals(its.classNames()),
                "the teacher knows the classes %s, the data has %s",
                mine.classNames(),
                its.classNames());
        checkArgument(
                mine.channels() == its.channels()
                        && mine.height() == its.height()
                        && mine.width() == its.width(),
                "the teacher takes images of %sx%sx%s, the network of %sx%sx%s",
                mine.channels(),
                mine.height(),
                mine.width(),
                its.channels(),
                its.height(),
                its.width());
        checkArgument(
                mine.mean().equals(its.mean()) && mine.std().equals(its.std()),
                "the teacher takes images normalised by mean %s and deviation %s, the network by %s and"
                        + " %s: train it on the same data",
                mine.mean(),
                mine.std(),
                its.mean(),
                its.std());
    }

    /// What makes two teachers the same, as text.
    Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("teacher", model.spec().name());
        facts.put("teacher digest", WeightDigest.of(model));
        facts.put("teacher part", BigDecimal.valueOf(part).toPlainString());
        facts.put("temperature", BigDecimal.valueOf(temperature).toPlainString());
        facts.put(
                "teacher looks",
                "at mirror images, too, in the rest"
                        + (views == 0 ? "" : "; at %s epochs of each part".formatted(views)));
        return facts;
    }
}
