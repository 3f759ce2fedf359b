package org.repvgg.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.DidYouMean;
import org.repvgg.format.WriteException;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Turns what went wrong into one line for people and a status for programs.
record ErrorLine(String text, int status) {

    static ErrorLine of(Throwable thrown) {
        return switch (thrown) {
            case UserError e -> new ErrorLine(message(e), ExitCode.WRONG_INPUT);
            case WorkFailed e -> new ErrorLine(message(e), ExitCode.FAILED);
            case UncheckedIOException e when e.getCause() != null -> of(e.getCause());
            case IOException e -> new ErrorLine(describe(e), status(e));
            case IllegalArgumentException e -> new ErrorLine(message(e), ExitCode.WRONG_INPUT);
            default ->
                    new ErrorLine(
                            "internal error: %s; please report it with what --debug prints"
                                    .formatted(thrown),
                            ExitCode.FAILED);
        };
    }

    /// Unknown flags and verbs, with what was probably meant; missing and malformed values.
    static ErrorLine of(ParameterException e) {
        String hint = "; see '" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help'";
        String text =
                switch (e) {
                    case UnmatchedArgumentException unmatched ->
                            unmatched(unmatched.getUnmatched(), e.getCommandLine());
                    case MissingParameterException missing -> missing(missing);
                    default -> plainWords(lowerFirst(message(e)));
                };
        return new ErrorLine(oneLine(text) + hint, ExitCode.WRONG_INPUT);
    }

    /// A flag that is missing may be there with a slip in its name.
    private static String missing(MissingParameterException e) {
        List<String> unmatched = e.getCommandLine().getUnmatchedArguments();
        return unmatched.isEmpty()
                ? lowerFirst(e.getMessage())
                : unmatched(unmatched, e.getCommandLine());
    }

    private static String unmatched(List<String> words, CommandLine command) {
        String word = words.getFirst();
        boolean isFlag = word.startsWith("-");
        boolean isVerb = !isFlag && command.getParent() == null;
        if (!isFlag && !isVerb) {
            return "unexpected argument '" + word + "'";
        }
        String name = isFlag ? word.replaceFirst("=.*", "") : word;
        List<String> known =
                isVerb
                        ? List.copyOf(command.getSubcommands().keySet())
                        : List.copyOf(command.getCommandSpec().optionsMap().keySet());
        return "unknown %s '%s'%s"
                .formatted(isVerb ? "verb" : "flag", name, DidYouMean.hint(name, known));
    }

    /// A file that cannot be had or read is wrong input; one that cannot be written is a failure.
    private static int status(IOException e) {
        boolean failed =
                e instanceof WriteException || (e instanceof FileSystemException && !isMissing(e));
        return failed ? ExitCode.FAILED : ExitCode.WRONG_INPUT;
    }

    private static boolean isMissing(IOException e) {
        return e instanceof NoSuchFileException
                || e instanceof AccessDeniedException
                || e instanceof NotDirectoryException
                || e instanceof FileAlreadyExistsException
                || e instanceof DirectoryNotEmptyException;
    }

    static String describe(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> missing.getFile() + ": no such file";
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            case NotDirectoryException file -> file.getFile() + ": not a folder";
            case FileAlreadyExistsException file -> file.getFile() + ": exists already";
            default -> message(e);
        };
    }

    private static String message(Throwable e) {
        String message = e.getMessage();
        return oneLine(message == null ? e.getClass().getSimpleName() : message);
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    /// Without Java's words for numbers.
    private static String plainWords(String text) {
        return text.replaceAll("is not an? (int|long)$", "is not a whole number")
                .replaceAll("is not a double$", "is not a number");
    }

    private static String lowerFirst(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return "wrong usage";
        }
        return Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }
}
