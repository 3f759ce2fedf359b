package org.repvgg.data;

import java.io.IOException;
import java.util.List;
import org.repvgg.image.Image;

/// One split of a data set. Safe to read from several threads.
public interface LabelledImages {

    /// Class names in label order.
    List<String> classNames();

    /// Number of images.
    int size();

    /// Label of image `index`, in `[0,classNames().size())`.
    int label(int index);

    /// What to call image `index` in a message: a path or an entry's name.
    String name(int index);

    /// Reads and decodes image `index`.
    ///
    /// @throws IOException if the image is broken or unreadable; the message is one line that names
    ///   it
    Image image(int index) throws IOException;
}
