"""Template tags and filters: icons, money, times as a German merchant writes them."""

import re
from datetime import datetime, timedelta
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_noop, ngettext

from kulanz.base import clock
from kulanz.base.money import euro as euro_text
from kulanz.web.statuses import status_words

register = template.Library()

CAP = 1000
"""Counts stop here: "1.000+"."""
_ = gettext_noop
MONTHS = (
    _("Januar"), _("Februar"), _("März"), _("April"), _("Mai"), _("Juni"),
    _("Juli"), _("August"), _("September"), _("Oktober"), _("November"), _("Dezember"),
)  # fmt: skip
WEEKDAYS = (_("Mo."), _("Di."), _("Mi."), _("Do."), _("Fr."), _("Sa."), _("So."))
LABELS = (
    _("Kundenservice"), _("Leitung"), _("Inhaber"), _("Lager"), _("Buchhaltung"),
    _("offen"), _("wartet auf Kunden"), _("wartet auf Paketdienst"), _("später"), _("erledigt"),
)  # fmt: skip
"""What models call roles and states, for the catalogue."""


@lru_cache(maxsize=512)
def _icon(name: str, more: str, label: str) -> SafeString:
    href = f"{static('icons.svg')}#{name}"
    spoken = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    classes = f"ku-icon {more}".strip()
    return mark_safe(f'<svg class="{classes}" {spoken}><use href="{href}"/></svg>')  # noqa: S308


@register.simple_tag
def icon(name: str, more: str = "", label: str = "") -> SafeString:
    """`{% icon "inbox" %}`: a drawing of icons.svg; `label` is spoken, without it the icon is silent."""
    return _icon(name, more, str(label))


@register.filter
def euro(cents: int | None) -> str:
    """`1.234,56 €`, empty for unknown."""
    return "" if cents is None else euro_text(cents)


@register.filter
def number(value: int) -> str:
    """`1.284`, and `1.000+` at the cap of counted queries."""
    return f"{value:,}".replace(",", ".")


@register.filter
def label(name: str) -> str:
    """What a model calls a role or a state, in the reader's language."""
    return gettext(name)


@register.filter
def capped(value: int) -> str:
    """A count that stopped at the cap: `999`, then `1.000+`."""
    return f"{CAP:,}+".replace(",", ".") if value >= CAP else str(value)


@lru_cache(maxsize=64)
def _weekday(language: str, weekday: int) -> str:
    return gettext(WEEKDAYS[weekday])


def weekday_of(moment: datetime) -> str:
    return _weekday(get_language() or "de", moment.weekday())


@register.filter
def day(moment: datetime | None) -> str:
    """`15.11.2026`."""
    return "" if moment is None else timezone.localtime(moment).strftime("%d.%m.%Y")


@register.filter
def short_day(moment: datetime | None) -> str:
    """`15.11.`, with the year when it is another one."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return local.strftime("%d.%m." if local.year == timezone.localtime(clock.now()).year else "%d.%m.%Y")


@register.filter
def hour(moment: datetime | None) -> str:
    """`13:07`."""
    return "" if moment is None else timezone.localtime(moment).strftime("%H:%M")


@register.filter
def moment(value: datetime | None) -> str:
    """`heute, 12:41`, `gestern, 16:07`, `Do., 26.11., 16:07`, `26.11.2025, 16:07`."""
    if value is None:
        return ""
    local, today = timezone.localtime(value), timezone.localtime(clock.now()).date()
    if local.date() == today:
        return f"{gettext('heute')}, {local:%H:%M}"
    if local.date() == today - timedelta(days=1):
        return f"{gettext('gestern')}, {local:%H:%M}"
    if local.year != today.year:
        return f"{local:%d.%m.%Y}, {local:%H:%M}"
    return f"{weekday_of(local)}, {local.day}.{local.month}., {local:%H:%M}"


@register.filter
def age(value: datetime | None) -> str:
    """`vor 6 min`, `vor 3 h`, `vor 2 Tagen`: how old a fact is."""
    if value is None:
        return ""
    minutes = max(0, int((clock.now() - value).total_seconds() // 60))
    if minutes < 1:
        return gettext("gerade eben")
    if minutes < 60:
        return gettext("vor %(n)s min") % {"n": minutes}
    if minutes < 48 * 60:
        return gettext("vor %(n)s h") % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("vor %(n)s Tag", "vor %(n)s Tagen", days) % {"n": days}


@register.simple_tag
def today_words() -> str:
    """`Fr., 27. November`."""
    local = timezone.localtime(clock.now())
    return f"{weekday_of(local)}, {local.day}. {gettext(MONTHS[local.month - 1])}"


@register.filter
def size(count: int) -> str:
    """Bytes for people: `340 KB`, `2,4 MB`."""
    if count < 1024:
        return gettext("%(n)s Byte") % {"n": count}
    if count < 1024 * 1024:
        return f"{count // 1024} KB"
    return f"{count / 1024 / 1024:.1f} MB".replace(".", ",")


@register.filter
def weitere(count: int) -> str:
    """How many more: `5`, and `995+` where counting stopped."""
    return f"{count}+" if count >= CAP - 60 else str(count)


_AT_NAME = re.compile(r"(?<!\w)@[A-Za-zÄÖÜäöüß][\w.-]*")


@register.filter
def names(text: str) -> SafeString:
    """A note's text with @names in bold."""
    marked = _AT_NAME.sub(lambda found: f"<strong>{found[0]}</strong>", escape(text))
    return mark_safe(marked.replace("\n", "<br>"))  # noqa: S308  escaped above


@register.filter
def short_name(name: str) -> str:
    return name.split(" ", maxsplit=1)[0]


register.filter("status", status_words)


@register.filter
def trusted(drawing: str) -> SafeString:
    """An SVG this process drew itself (the QR code of the second factor)."""
    return mark_safe(drawing)  # noqa: S308
