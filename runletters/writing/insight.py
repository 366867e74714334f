"""The coaching insight as fields, and the prose that is made of them.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from runletters.writing.phrasebook import coaching_phrases, sentence_case


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Recommendation(_Frozen):
    """One thing to do next, safe and concrete."""

    action: str = Field(min_length=3, max_length=300, description="What to do.")
    amount: str = Field(min_length=1, max_length=160, description="How much: distance, time, days.")
    when: str = Field(min_length=2, max_length=160, description="When to do it.")


class Insight(_Frozen):
    """What a coach would say about one run. No heart rate was recorded: no analysis of it."""

    classification: str = Field(description="easy, long, tempo, intervals, race, recovery …")
    heart_rate_analysis: str | None = Field(
        default=None, description="What the heart rate shows; null without heart-rate facts."
    )
    pacing_analysis: str = Field(min_length=1, description="How the pace was, and how even.")
    implications: str = Field(min_length=1, description="What follows for training.")
    recommendations: tuple[Recommendation, ...] = Field(min_length=1, max_length=3)


def render_insight(insight: Insight, language: str) -> str:
    """The insight as plain text, a paragraph per part, recommendations as sentences."""
    label = class_label(insight.classification, language)
    parts = [
        label,
        insight.heart_rate_analysis,
        insight.pacing_analysis,
        insight.implications,
        " ".join(_sentence(item, language) for item in insight.recommendations),
    ]
    return "\n\n".join(part.strip() for part in parts if part)


def class_label(classification: str, language: str) -> str:
    """The class as a short line in the reader's language."""
    phrases = coaching_phrases(language).phrases(f"label_{classification}", "body")
    return phrases[0].text if phrases else sentence_case(classification.replace("_", " ")) + "."


def _sentence(item: Recommendation, language: str) -> str:
    template = coaching_phrases(language).phrases("recommendation", "body")[0].text
    said = template.replace("{action}", _bare(item.action)).replace("{amount}", _bare(item.amount))
    return sentence_case(said.replace("{when}", _bare(item.when)))


def _bare(text: str) -> str:
    return text.strip().rstrip(".")
