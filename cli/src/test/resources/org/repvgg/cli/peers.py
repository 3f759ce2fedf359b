"""Runs what repvgg wrote in PyTorch and checks it with ONNX's own checker.

python3 peers.py onnx FILE.onnx
python3 peers.py torch PLAIN.safetensors TRAIN.safetensors SCRIPT.pt IMAGES.npy FOLDER
"""

import json
import sys


def safetensors(path):
    """Name to tensor, and the spec in the metadata."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        data = bytearray(file.read())
    spec = json.loads(header.pop("__metadata__")["repvgg"])["spec"]
    tensors = {}
    for name, entry in header.items():
        kind = {"F32": torch.float32, "I64": torch.int64}[entry["dtype"]]
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data[begin:end], dtype=kind)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors, spec


def norm(x, w, name):
    return functional.batch_norm(
        x,
        w[name + ".running_mean"],
        w[name + ".running_var"],
        w[name + ".weight"],
        w[name + ".bias"],
    )


def plain(x, w, block, stride):
    name = block + ".rbr_reparam"
    return functional.conv2d(x, w[name + ".weight"], w[name + ".bias"], stride, 1)


def branched(x, w, block, stride):
    dense = functional.conv2d(x, w[block + ".rbr_dense.conv.weight"], None, stride, 1)
    y = norm(dense, w, block + ".rbr_dense.bn")
    pointwise = functional.conv2d(x, w[block + ".rbr_1x1.conv.weight"], None, stride)
    y = y + norm(pointwise, w, block + ".rbr_1x1.bn")
    if block + ".rbr_identity.weight" in w:
        y = y + norm(x, w, block + ".rbr_identity")
    return y


def network(x, w, spec, form):
    for stage, depth in enumerate(spec["depths"]):
        for position in range(depth):
            block = "stage0" if stage == 0 else f"stage{stage}.{position}"
            stride = spec["strides"][stage] if position == 0 else 1
            x = torch.relu(form(x, w, block, stride))
    return functional.linear(x.mean([2, 3]), w["linear.weight"], w["linear.bias"])


def answer_all(plain_file, train_file, script_file, images_file, folder):
    images = torch.from_numpy(numpy.load(images_file))
    weights, spec = safetensors(plain_file)
    train_weights, train_spec = safetensors(train_file)
    script = torch.jit.load(script_file)
    script.load_state_dict(weights)  # strict: every name, and no other
    with torch.no_grad():
        answers = {
            "plain": network(images, weights, spec, plain),
            "train": network(images, train_weights, train_spec, branched),
            "script": script(images),
            "stage1": script.stage1(script.stage0(images)),
        }
    for name, answer in answers.items():
        numpy.save(f"{folder}/{name}.npy", answer.contiguous().numpy())


if sys.argv[1] == "onnx":
    import onnx

    onnx.checker.check_model(sys.argv[2], full_check=True)
else:
    import numpy
    import torch
    from torch.nn import functional

    answer_all(*sys.argv[2:])
