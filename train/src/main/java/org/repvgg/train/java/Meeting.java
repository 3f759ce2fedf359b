package org.repvgg.train.java;

import java.util.ArrayList;
import java.util.List;

/// Two pixels that a convolution brings together: output `out` sees input `in` through tap `tap`.
///
/// For stride `s` and a kernel of `h x w`, output `(y,x)` sees input `(s y + dy - h/2, s x + dx -
/// w/2)` through tap `(dy,dx)`, if there is such a pixel.
///
/// @param in number of the input's pixel
/// @param out number of the output's pixel
/// @param tap `w dy + dx`
record Meeting(int in, int out, int tap) {

    /// All meetings of a convolution, by output pixel, then by tap.
    static List<Meeting> of(Maps input, Maps output, int stride, int height, int width) {
        List<Meeting> meetings = new ArrayList<>();
        for (int y = 0; y < output.height(); y++) {
            for (int x = 0; x < output.width(); x++) {
                for (int tap = 0; tap < height * width; tap++) {
                    int row = stride * y + tap / width - height / 2;
                    int column = stride * x + tap % width - width / 2;
                    if (row >= 0 && row < input.height() && column >= 0 && column < input.width()) {
                        meetings.add(
                                new Meeting(
                                        row * input.width() + column, y * output.width() + x, tap));
                    }
                }
            }
        }
        return meetings;
    }
}
