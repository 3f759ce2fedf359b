package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every slip is answered by one line that says what to do.
final class TestWrongUsage {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "insepct A0 | repvgg: unknown verb 'insepct' (did you mean 'inspect'?); see 'repvgg --help'",
                "xyz | repvgg: unknown verb 'xyz'; see 'repvgg --help'",
                "inspect A0 --clases 10 | repvgg inspect: unknown flag '--clases' (did you mean '--classes'?); see 'repvgg inspect --help'",
                "inspect A0 --frobnicate=3 | repvgg inspect: unknown flag '--frobnicate'; see 'repvgg inspect --help'",
                "inspect | repvgg inspect: missing required parameter: 'M'; see 'repvgg inspect --help'",
                "inspect A0 B0 | repvgg inspect: unexpected argument 'B0'; see 'repvgg inspect --help'",
                "inspect A0 --classes ten | repvgg inspect: invalid value for option '--classes': 'ten' is not a whole number; see 'repvgg inspect --help'",
                "inspect A0 --form folded | repvgg inspect: invalid value for option '--form': wants train or plain, not 'folded'; see 'repvgg inspect --help'",
                "inspect A0 --width wide | repvgg inspect: invalid value for option '--width': 'wide' is not a number; see 'repvgg inspect --help'",
                "inspect A9 | repvgg inspect: unknown network 'A9' (did you mean 'A0'?): 'repvgg models' lists the names; a spec's .json file will do, too",
                "inspect A0 --classes 0 | repvgg inspect: classes must be in [1,1048576]: 0",
                "inspect A0 --input 3x32 --classes 10 --strides 1,1,2 | repvgg inspect: every stage needs a width, a depth and a stride: widths=[48, 48, 96, 192, 1280], depths=[1, 2, 4, 14, 1], strides=[1, 1, 2]",
                "inspect A0 --input 0x32x32 | repvgg inspect: --input wants numbers above 0, not '0x32x32'",
                "inspect A0 --input big | repvgg inspect: --input wants channels, height and width, such as 3x32x32, not 'big'",
                "inspect A0 --strides 1,x | repvgg inspect: --strides wants whole numbers, one a stage, such as 1,1,2,2,2, not '1,x'",
                "inspect A0 --groups a=b | repvgg inspect: --groups wants a number or block=groups pairs, such as 2=4,4=4, not 'a=b'",
                "inspect A0 --se maybe | repvgg inspect: --se wants before:R or after:R, such as before:16, not 'maybe'",
                "verify a b --threads 0 | repvgg verify: --threads must be from 1 to 1024, not 0; see 'repvgg verify --help'",
                "verify a b --threads x | repvgg verify: invalid value for option '--threads': 'x' is not a whole number; see 'repvgg verify --help'",
                "fold a | repvgg fold: missing required option: '--output=OUT'; see 'repvgg fold --help'",
                "train --data shapes --out x --recipe basline | repvgg train: unknown recipe 'basline' (did you mean 'baseline'?): use one of paper, baseline, teacher, taught, fast, best, quick, finetune",
                "train --data shapes --out x --epoch 3 | repvgg train: unknown flag '--epoch' (did you mean '--epochs'?); see 'repvgg train --help'",
                "train --dta shapes --out x | repvgg train: unknown flag '--dta' (did you mean '--data'?); see 'repvgg train --help'",
                "train --data shapes --out x --rank 2 --world 2 --rendezvous h:1 | repvgg train: --rank must be from 0 to 1 in a --world of 2, not 2",
                "train --data shapes --out x --rank 0 --world 1 --rendezvous h:1 | repvgg train: --world must be at least 2, not 1: leave --rank, --world and --rendezvous out to train in one process",
                "train --data shapes --out x --rank 0 --world 2 --rendezvous h:70000 | repvgg train: the port of --rendezvous must be from 1 to 65535, not 70000",
                "train --data shapes --out x --rank 0 --world 2 --rendezvous h | repvgg train: --rendezvous wants HOST:PORT, not 'h'",
                "train --data shapes --out x --rank 0 --world 2 --rendezvous h:1 --timeout 0 | repvgg train: --timeout must be at least 1 s and less than a day, not 0.0 s",
                "train --data shapes --out x --rank 0 --world 2 --rendezvous h:1 --device cuda | repvgg train: several processes train on the cpu, --device is cuda: leave it out, or train in one process",
                "train --data shapes --out x --rank 0 --world 3 --rendezvous h:1 --batch 64 | repvgg train: a batch of 64 images does not divide among 3 processes: give a --batch that divides by 3",
                "benchmark A0 --versus onnxruntme | repvgg benchmark: --versus knows no 'onnxruntme' (did you mean 'onnxruntime'?): use repvgg-branched, onnxruntime, libtorch, libtorch-branched, resnet18, resnet34, resnet50, resnet101, vgg16, or none",
                "benchmark A0 --input 1x2x3x4x5 | repvgg benchmark: --input wants images, channels, height and width, such as 1x3x224x224, not '1x2x3x4x5'",
                "benchmark A0 --input 0x3x32x32 | repvgg benchmark: --input wants at least one image, not '0x3x32x32'",
                "benchmark A0 --threads 1,0 | repvgg benchmark: --threads must be from 1 to 1024, not 0",
                "benchmark A0 --rounds 0 | repvgg benchmark: --rounds must be at least 1, not 0",
                "benchmark A0 --seconds -1 | repvgg benchmark: --seconds must be above 0 and at most 60, not -1",
                "benchmark A0 --output x.txt | repvgg benchmark: x.txt: the output is a .csv file; name it so",
                "benchmark A0 --training --plan a0.json | repvgg benchmark: --plan is for the plain form, not for --training",
                "benchmark A0 --training --versus onnxruntime | repvgg benchmark: --versus onnxruntime does not train; with --training it is libtorch or none",
                "benchmark A0 --training --batch 1 | repvgg benchmark: --batch must be at least 2, not 1: batch norms learn from differences between images",
                "benchmark A0 --training --input 64x3x32x32 | repvgg benchmark: --training takes its batch from --batch: --input 3x32x32",
                "benchmark A0 --training --precision fp16 | repvgg benchmark: --precision knows no 'fp16': use fp32, bf16 or both",
                "benchmark A0 --training --threads 0 | repvgg benchmark: --threads must be from 1 to 1024, not 0",
                "benchmark A0 --training --rounds 0 | repvgg benchmark: --rounds must be at least 1, not 0",
                "benchmark B1g4 --training | repvgg benchmark: the java engine does not train convolutions in groups: B1g4 has that",
                "benchmark A0 --batch 8 | repvgg benchmark: --batch is for --training; --input takes a batch in front: 8x3x224x224",
                "benchmark A0 --precision bf16 | repvgg benchmark: --precision is for --training: the plain form computes in fp32",
                "inspect missing.json | repvgg inspect: missing.json: no such file",
            })
    void testSlips(String line, String answer) {
        assertThat(Run.repvgg(line.split(" ")).refusal(ExitCode.WRONG_INPUT)).isEqualTo(answer);
    }

    @Test
    void testDebugShowsTheTrace() {
        Run run = Run.repvgg("inspect", "A0", "--classes", "0", "--debug");

        assertThat(run.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(run.err()).contains("at org.repvgg.spec.RepVggSpec");
    }
}
