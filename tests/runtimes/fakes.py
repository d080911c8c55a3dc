"""All fakes, by the name of the runtime."""

from __future__ import annotations

from tests.runtimes.fake import Fake
from tests.runtimes.fake_amp import FakeAmp
from tests.runtimes.fake_auggie import FakeAuggie
from tests.runtimes.fake_claude import FakeClaude
from tests.runtimes.fake_codex import FakeCodex
from tests.runtimes.fake_copilot import FakeCopilot
from tests.runtimes.fake_cursor import FakeCursor
from tests.runtimes.fake_gemini import FakeGemini
from tests.runtimes.fake_kiro_cli import FakeKiro
from tests.runtimes.fake_opencode import FakeOpenCode
from tests.runtimes.fake_qwen import FakeQwen

FAKES: dict[str, type[Fake]] = {
    fake.name: fake
    for fake in (
        *(FakeClaude, FakeCursor, FakeCodex, FakeOpenCode, FakeGemini),
        *(FakeAuggie, FakeAmp, FakeKiro, FakeCopilot, FakeQwen),
    )
}
