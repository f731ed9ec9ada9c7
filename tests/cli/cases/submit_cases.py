"""Wrong inputs of `submit`, and what has to be said about each. Files are made in an empty folder when the case runs."""

from __future__ import annotations

from tests.cli.cases.bad_media import Make, SubmitCase, bomb, both, cut_header, gif, lines, no_frames, renamed, sparse, text
from tests.support.clips import clip, image, sound

REASON, PREDICT = ("reason", "x.mp4"), ("predict", "x.mp4")
MANIFEST = ("reason", "--manifest", "m.jsonl")

MEDIA = [
    SubmitCase("zero-bytes", REASON, "invalid_input", "x.mp4", "empty_file", "copy it again", text("x.mp4", b"")),
    SubmitCase("text-as-mp4", REASON, "invalid_input", "x.mp4", "unsupported_type", "", text("x.mp4", "this is no film\n" * 50)),
    SubmitCase("noise-as-mp4", REASON, "invalid_input", "x.mp4", "unsupported_type", "", text("x.mp4", bytes(range(256)) * 40)),
    SubmitCase("image-as-mp4", REASON, "invalid_input", "x.mp4", "wrong_type", "rename it to", renamed(image, "x.png", "x.mp4")),
    SubmitCase("film-as-png", ("reason", "x.png"), "invalid_input", "x.png", "wrong_type", "rename it to", renamed(clip, "x.mp4", "x.png")),
    SubmitCase("four-frames", PREDICT, "invalid_input", "x.mp4", "too_few_frames", "longer clip", lambda folder: clip(folder / "x.mp4", 4)),
    SubmitCase("zero-frames", REASON, "invalid_input", "x.mp4", "zero_frames", "export the clip again", no_frames),
    SubmitCase("cut-header", REASON, "invalid_input", "x.mp4", "unreadable", "copy it again", cut_header),
    SubmitCase(
        "sound-only", ("reason", "x.mp4"), "invalid_input", "x.mp4", "audio_only", "video track", lambda folder: sound(folder / "x.mp4")
    ),
    SubmitCase("too-large", REASON, "invalid_input", "x.mp4", "too_large", "shorten the clip", sparse("x.mp4", 2049)),
    SubmitCase(
        "unsafe-name",
        ("reason", "in"),
        "invalid_input",
        "x",
        "unsafe_name",
        "rename the file",
        lambda folder: ((folder / "in").mkdir(), clip(folder / "in" / "ok.mp4").rename(folder / "in" / "x\n.mp4")),
    ),
    SubmitCase(
        "dash-name",
        ("reason", "in"),
        "invalid_input",
        "-x",
        "unsafe_name",
        "rename the file",
        lambda folder: ((folder / "in").mkdir(), clip(folder / "in" / "ok.mp4").rename(folder / "in" / "-x.mp4")),
    ),
    SubmitCase("unsupported", ("reason", "x.txt"), "invalid_input", "x.txt", "unsupported_type", "convert it", text("x.txt", "hello")),
    SubmitCase("gif", ("reason", "x.gif"), "invalid_input", "x.gif", "unsupported_type", "convert it", gif),
    SubmitCase("decompression-bomb", ("reason", "x.png"), "invalid_input", "x.png", "too_big_dimensions", "scale the picture down", bomb),
    SubmitCase(
        "truncated-picture",
        ("reason", "x.png"),
        "invalid_input",
        "x.png",
        "unreadable",
        "",
        lambda folder: (folder / "x.png").write_bytes(image(folder / "x.png").read_bytes()[:60]),
    ),
    SubmitCase("no-such-file", ("reason", "nothing.mp4"), "invalid_input", "nothing.mp4", "missing_file", "check the path"),
    SubmitCase("empty-folder", ("reason", "in"), "invalid_input", "in", "no_inputs", "", lambda folder: (folder / "in").mkdir()),
    SubmitCase("glob-without-match", ("reason", "in/*.mp4"), "invalid_input", "in/*.mp4", "no_inputs", ""),
    SubmitCase(
        "dangling-link", REASON, "invalid_input", "x.mp4", "missing_file", "", lambda folder: (folder / "x.mp4").symlink_to("gone.mp4")
    ),
    SubmitCase("loop-of-links", REASON, "invalid_input", "x.mp4", "", "", lambda folder: (folder / "x.mp4").symlink_to("x.mp4")),
    SubmitCase(
        "same-output",
        ("reason", "a.mp4", "a.mov"),
        "invalid_input",
        "a.mov",
        "duplicate_output",
        "rename one",
        both(lambda folder: clip(folder / "a.mp4"), lambda folder: clip(folder / "a.mov")),
    ),
]

MANIFESTS = [
    SubmitCase(
        "bad-json",
        MANIFEST,
        "invalid_manifest",
        "m.jsonl",
        "bad_json",
        "one JSON object a line",
        lines({"input": "a.mp4"}, '{"input": "a.mp4"'),
        2,
    ),
    SubmitCase("not-an-object", MANIFEST, "invalid_manifest", "m.jsonl", "not_an_object", "e.g.", lines('["a.mp4"]'), 1),
    SubmitCase(
        "unknown-key",
        MANIFEST,
        "invalid_manifest",
        "m.jsonl",
        "unknown_key",
        "did you mean `prompt`?",
        lines({"input": "a.mp4", "promt": "x"}),
        1,
    ),
    SubmitCase(
        "duplicate-id",
        MANIFEST,
        "invalid_manifest",
        "m.jsonl",
        "duplicate_id",
        "own `id`",
        lines({"id": "a", "input": "a.mp4"}, {"id": "a", "input": "a.mp4", "prompt": "y"}),
        2,
    ),
    SubmitCase(
        "manifest-names-no-file", MANIFEST, "invalid_input", "gone.mp4", "missing_file", "check the path", lines({"input": "gone.mp4"})
    ),
    SubmitCase(
        "foreign-bucket",
        MANIFEST,
        "invalid_input",
        "s3://somebody-else/a.mp4",
        "foreign_input",
        "aws s3 cp",
        lines({"input": "s3://somebody-else/a.mp4"}),
    ),
    SubmitCase("empty-manifest", MANIFEST, "invalid_manifest", "m.jsonl", "empty_manifest", "e.g.", text("m.jsonl", "\n \n"), 1),
    SubmitCase(
        "latin-1",
        MANIFEST,
        "invalid_manifest",
        "m.jsonl",
        "bad_encoding",
        "UTF-8",
        text("m.jsonl", '{"input": "a.mp4", "prompt": "Grüße"}\n'.encode("latin-1")),
        1,
    ),
    SubmitCase(
        "long-line",
        MANIFEST,
        "invalid_manifest",
        "m.jsonl",
        "line_too_long",
        "one sample a line",
        lines({"input": "a.mp4", "prompt": "x" * (1 << 20)}),
        1,
    ),
    SubmitCase("wrong-type", MANIFEST, "invalid_manifest", "m.jsonl", "bad_type", "", lines({"input": 5}), 1),
    SubmitCase(
        "unknown-task",
        ("predict", "--manifest", "m.jsonl"),
        "invalid_manifest",
        "m.jsonl",
        "unknown_task",
        "did you mean `video2world`?",
        lines({"input": "a.mp4", "task": "vdeo2world"}),
        1,
    ),
    SubmitCase(
        "task-of-other-media",
        ("predict", "--manifest", "m.jsonl"),
        "invalid_manifest",
        "m.jsonl",
        "wrong_media",
        "",
        lines({"input": "a.mp4", "task": "image2world"}),
        1,
    ),
    SubmitCase(
        "line-parameter",
        ("predict", "--manifest", "m.jsonl"),
        "invalid_manifest",
        "m.jsonl",
        "bad_parameter",
        "",
        lines({"input": "a.mp4", "params": {"frames": 6}}),
        1,
    ),
    SubmitCase(
        "line-unknown-parameter",
        MANIFEST,
        "invalid_manifest",
        "m.jsonl",
        "unknown_parameter",
        "did you mean `seed`?",
        lines({"input": "a.mp4", "params": {"sed": 1}}),
        1,
    ),
    SubmitCase(
        "output-outside", MANIFEST, "invalid_manifest", "m.jsonl", "unsafe_path", "", lines({"input": "a.mp4", "output": "../../x"}), 1
    ),
    SubmitCase(
        "text-without-prompt",
        ("predict", "--manifest", "m.jsonl"),
        "invalid_manifest",
        "m.jsonl",
        "prompt_missing",
        "--prompt",
        lines({"id": "a"}),
        1,
    ),
    SubmitCase("no-manifest", MANIFEST, "invalid_manifest", "m.jsonl", "", "--manifest"),
    SubmitCase(
        "manifest-is-a-folder", MANIFEST, "invalid_manifest", "m.jsonl", "", "--manifest", lambda folder: (folder / "m.jsonl").mkdir()
    ),
]

GOOD: Make = lambda folder: clip(folder / "x.mp4")  # noqa: E731
FLAGS = [
    SubmitCase("unknown-parameter", (*PREDICT, "--param", "sede=1"), "invalid_parameter", "sede", "parameter_unknown", "seed", GOOD),
    SubmitCase("parameter-no-number", (*PREDICT, "--param", "seed=abc"), "invalid_parameter", "seed", "", "", GOOD),
    SubmitCase("parameter-too-high", (*REASON, "--param", "temperature=3"), "invalid_parameter", "temperature", "", "", GOOD),
    SubmitCase("parameter-too-low", (*PREDICT, "--param", "steps=0"), "invalid_parameter", "steps", "", "", GOOD),
    SubmitCase("frames-not-4k-1", (*PREDICT, "--param", "frames=90"), "invalid_parameter", "frames", "", "", GOOD),
    SubmitCase("height-not-offered", (*PREDICT, "--param", "height=1080"), "invalid_parameter", "height", "", "Output height", GOOD),
    SubmitCase("unknown-variant", (*PREDICT, "--variant", "7B"), "unknown_name", "--variant", "", "2B", GOOD, status=2),
    SubmitCase(
        "variant-not-deployed",
        (*PREDICT, "--variant", "14B"),
        "not_deployed",
        "--variant",
        "",
        "cosmosctl deploy predict --variant 14B",
        GOOD,
        status=4,
    ),
    SubmitCase(
        "distilled-with-a-film",
        (*PREDICT, "--variant", "distilled"),
        "not_deployed",
        "--variant",
        "",
        "--variant distilled",
        GOOD,
        status=4,
    ),
    SubmitCase("text2world-without-prompt", ("predict",), "invalid_input", "--prompt", "", "--prompt"),
    SubmitCase("reason-without-input", ("reason",), "usage", "INPUT", "", "--manifest", status=2),
    SubmitCase("negative-shard", (*REASON, "--shard-size", "-1"), "usage", "submit", "", "--help", GOOD, status=2),
    SubmitCase(
        "empty-prefix", ("reason", "s3://{bucket}/inputs/shared/nobody/"), "invalid_input", "inputs/shared/nobody/", "no_inputs", ".mp4"
    ),
    SubmitCase(
        "other-bucket", ("reason", "s3://somebody-else/clips/"), "invalid_input", "s3://somebody-else/clips/", "foreign_input", "aws s3 cp"
    ),
    SubmitCase("results-as-input", ("reason", "s3://{bucket}/outputs/"), "invalid_input", "/outputs/", "foreign_input", "aws s3 cp"),
]

PROMPTS = [
    SubmitCase(
        "sidecar-latin-1",
        REASON,
        "invalid_input",
        "x.mp4",
        "prompt_not_utf8",
        "UTF-8",
        both(GOOD, text("x.mp4.prompt.txt", "Grüße".encode("latin-1"))),
    ),
    SubmitCase(
        "sidecar-empty", REASON, "invalid_input", "x.mp4", "prompt_empty", "write the prompt", both(GOOD, text("x.mp4.prompt.txt", " \n"))
    ),
    SubmitCase(
        "sidecar-too-long",
        PREDICT,
        "invalid_input",
        "x.mp4",
        "prompt_too_long",
        "shorten",
        both(GOOD, text("x.mp4.prompt.txt", "x" * 4001)),
    ),
    SubmitCase("sidecar-control", REASON, "invalid_input", "x.mp4", "prompt_not_utf8", "", both(GOOD, text("x.mp4.prompt.txt", "a\0b"))),
    SubmitCase("prompt-too-long", (*PREDICT, "--prompt", "x" * 4001), "invalid_input", "--prompt", "prompt_too_long", "shorten", GOOD),
    SubmitCase("prompt-blank", (*PREDICT, "--prompt", "   "), "invalid_input", "--prompt", "prompt_empty", "", GOOD),
    SubmitCase(
        "prompt-too-long-in-a-line",
        ("predict", "--manifest", "m.jsonl"),
        "invalid_manifest",
        "m.jsonl",
        "prompt_too_long",
        "",
        lines({"input": "a.mp4", "prompt": "x" * 4001}),
        1,
    ),
]

SUBMIT_CASES = [*MEDIA, *MANIFESTS, *FLAGS, *PROMPTS]
