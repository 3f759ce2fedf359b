package org.repvgg.cli;

import java.util.Locale;
import org.repvgg.spec.Form;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// `train` and `plain` on the command line.
final class FormConverter implements ITypeConverter<Form> {
    @Override
    public Form convert(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "train" -> Form.TRAIN;
            case "plain" -> Form.PLAIN;
            default ->
                    throw new TypeConversionException("wants train or plain, not '" + text + "'");
        };
    }
}
