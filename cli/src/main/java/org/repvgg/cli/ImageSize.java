package org.repvgg.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `3x32x32`, `32x32` or `32` on the command line.
record ImageSize(int channels, int height, int width) {
    private static final Pattern SPELLING =
            Pattern.compile("(?:(?:(\\d{1,6})x)?(\\d{1,6})x)?(\\d{1,6})");

    /// @param defaultChannels where the text does not say
    static ImageSize parse(String text, int defaultChannels) {
        Matcher matcher = SPELLING.matcher(text.strip());
        if (!matcher.matches()) {
            throw new UserError(
                    "--input wants channels, height and width, such as 3x32x32, not '%s'", text);
        }
        int width = Integer.parseInt(matcher.group(3));
        int height = matcher.group(2) == null ? width : Integer.parseInt(matcher.group(2));
        int channels =
                matcher.group(1) == null ? defaultChannels : Integer.parseInt(matcher.group(1));
        if (channels < 1 || height < 1 || width < 1) {
            throw new UserError("--input wants numbers above 0, not '%s'", text);
        }
        return new ImageSize(channels, height, width);
    }
}
