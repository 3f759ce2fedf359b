package org.repvgg.data;

import java.io.IOException;
import java.util.List;
import org.repvgg.image.Image;
import org.repvgg.image.ImageDecoder;
import org.repvgg.image.ImageException;

/// A split whose images are files, decoded when they are asked for.
final class ImageFiles implements Split {
    /// A compressed image above this size is refused: as large as a raw one of 40 megapixels.
    private static final int FILE_LIMIT = 128 << 20;

    private final Container container;
    private final List<String> classNames;
    private final List<Member> members;

    /// @param name path below the data set's root, for messages and the digest
    record Member(Container.Entry entry, String name, int label) {}

    ImageFiles(Container container, List<String> classNames, List<Member> members) {
        this.container = container;
        this.classNames = classNames;
        this.members = members;
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public int size() {
        return members.size();
    }

    @Override
    public int label(int index) {
        return members.get(index).label();
    }

    @Override
    public String name(int index) {
        return members.get(index).name();
    }

    @Override
    public long bytes(int index) {
        return members.get(index).entry().size();
    }

    @Override
    public Image image(int index) throws IOException {
        Member member = members.get(index);
        byte[] bytes;
        try {
            bytes = container.read(member.entry(), FILE_LIMIT);
        } catch (DataException e) {
            throw e;
        } catch (IOException e) {
            throw new ImageException(member.name(), "cannot be read: " + e.getMessage(), e);
        }
        return ImageDecoder.standard().decode(bytes, member.name());
    }
}
