package org.repvgg.cli;

import java.lang.classfile.Annotation;
import java.lang.classfile.AttributedElement;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.attribute.RecordComponentInfo;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MethodTypeEntry;
import java.lang.classfile.constantpool.NameAndTypeEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The classes that one compiled class mentions: in its code, and in descriptors, generic
/// signatures and annotations, which code may never touch.
///
/// @param name internal name of the class itself, such as `org/repvgg/fold/Fold`
/// @param mentioned internal names of the classes that it mentions, itself not among them
record References(String name, Set<String> mentioned) {
    /// `Lorg/repvgg/tensor/Tensor;` or, in a signature, `Ljava/util/List<…`; every name has a
    /// slash, for nothing of ours lies in the unnamed package.
    private static final Pattern TYPE = Pattern.compile("L((?:[\\w$-]+/)+[\\w$-]+)[;<]");

    static References of(byte[] bytes) {
        ClassModel model = ClassFile.of().parse(bytes);
        Set<String> names = new TreeSet<>();
        for (PoolEntry entry : model.constantPool()) {
            switch (entry) {
                case ClassEntry type -> addClass(type.asInternalName(), names);
                case NameAndTypeEntry member -> addTypes(member.type().stringValue(), names);
                case MethodTypeEntry method -> addTypes(method.descriptor().stringValue(), names);
                default -> {} // numbers, strings, and pairs of the entries above
            }
        }
        addAttributes(model, names);
        model.findAttribute(Attributes.record())
                .ifPresent(r -> r.components().forEach(c -> addComponent(c, names)));
        model.fields()
                .forEach(
                        field -> {
                            addTypes(field.fieldType().stringValue(), names);
                            addAttributes(field, names);
                        });
        model.methods().forEach(method -> addMethod(method, names));
        names.remove(model.thisClass().asInternalName());
        return new References(model.thisClass().asInternalName(), names);
    }

    private static void addMethod(MethodModel method, Set<String> names) {
        addTypes(method.methodType().stringValue(), names);
        addAttributes(method, names);
        method.findAttribute(Attributes.runtimeVisibleParameterAnnotations())
                .ifPresent(a -> a.parameterAnnotations().forEach(p -> addAnnotations(p, names)));
        method.findAttribute(Attributes.runtimeInvisibleParameterAnnotations())
                .ifPresent(a -> a.parameterAnnotations().forEach(p -> addAnnotations(p, names)));
        method.findAttribute(Attributes.code()).ifPresent(code -> addLocalVariables(code, names));
    }

    private static void addComponent(RecordComponentInfo component, Set<String> names) {
        addTypes(component.descriptor().stringValue(), names);
        addAttributes(component, names);
    }

    private static void addLocalVariables(CodeAttribute code, Set<String> names) {
        code.findAttributes(Attributes.localVariableTable())
                .forEach(
                        table ->
                                table.localVariables()
                                        .forEach(v -> addTypes(v.type().stringValue(), names)));
        code.findAttributes(Attributes.localVariableTypeTable())
                .forEach(
                        table ->
                                table.localVariableTypes()
                                        .forEach(
                                                v -> addTypes(v.signature().stringValue(), names)));
    }

    private static void addAttributes(AttributedElement element, Set<String> names) {
        element.findAttribute(Attributes.signature())
                .ifPresent(signature -> addTypes(signature.signature().stringValue(), names));
        element.findAttribute(Attributes.runtimeVisibleAnnotations())
                .ifPresent(a -> addAnnotations(a.annotations(), names));
        element.findAttribute(Attributes.runtimeInvisibleAnnotations())
                .ifPresent(a -> addAnnotations(a.annotations(), names));
        element.findAttribute(Attributes.runtimeVisibleTypeAnnotations())
                .ifPresent(
                        a ->
                                a.annotations()
                                        .forEach(
                                                t ->
                                                        addAnnotations(
                                                                List.of(t.annotation()), names)));
        element.findAttribute(Attributes.runtimeInvisibleTypeAnnotations())
                .ifPresent(
                        a ->
                                a.annotations()
                                        .forEach(
                                                t ->
                                                        addAnnotations(
                                                                List.of(t.annotation()), names)));
    }

    private static void addAnnotations(List<Annotation> annotations, Set<String> names) {
        annotations.forEach(annotation -> addTypes(annotation.className().stringValue(), names));
    }

    private static void addClass(String internalName, Set<String> names) {
        if (internalName.startsWith("[")) {
            addTypes(internalName, names); // an array: its name is a descriptor
        } else {
            names.add(internalName);
        }
    }

    private static void addTypes(String descriptor, Set<String> names) {
        for (Matcher matcher = TYPE.matcher(descriptor); matcher.find(); ) {
            names.add(matcher.group(1));
        }
    }

    /// `org.repvgg.fold` for `org/repvgg/fold/Fold`.
    static String packageOf(String internalName) {
        return internalName
                .substring(0, Math.max(0, internalName.lastIndexOf('/')))
                .replace('/', '.');
    }
}
