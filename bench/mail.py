"""Mail to case: raw committed by fetches of at most 50, then one commit a mail."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.command import kulanz
from bench.figures import Figure, figure, sync_rate
from bench.mails import write_mbox
from bench.peers import helpdesk_mails
from bench.timing import scaled

COUNT = 2_000


def run(*, seed: int, source: Path | None, peer: bool) -> list[Figure]:
    """Imports the mails by `kulanz import`. The start of the command is measured by an import of one mail and
    taken off; both are told."""
    with tempfile.TemporaryDirectory(prefix="kulanz-bench-") as folder:
        home, one = Path(folder) / "home", Path(folder) / "eine.mbox"
        many = source or Path(folder) / "mails.mbox"
        if source is None:
            write_mbox(many, scaled(COUNT, least=20), seed)
        write_mbox(one, 1, seed + 1)
        import_ = ("import", "--account", "shop", "--json")
        kulanz(*import_, str(one), home=home)
        start = kulanz(*import_, str(one), home=home)
        syncs = sync_rate(Path(folder))
        cost = kulanz(*import_, str(many), home=home)
        counts = cost.json
    mails = counts["new"]
    net = max(cost.cpu - start.cpu, 1e-9)
    figures = [
        figure("mail", "per_cpu_second", "Mails je CPU-Sekunde, ohne den Start des Befehls", mails / net),
        figure("mail", None, "Mails je CPU-Sekunde, mit Start", mails / cost.cpu, unit="mails/s CPU"),
        figure("mail", None, "Mails je Sekunde", mails / cost.wall, unit="mails/s"),
        figure("mail", None, "CPU des Starts", start.cpu, unit="s"),
        figure("mail", None, "Mails", mails, unit="mails"),
        figure("mail", None, "davon nicht lesbar", counts["quarantined"], unit="mails"),
        figure("mail", None, "Fälle", counts["cases"], unit="cases"),
        figure("mail", None, "Speicher, Spitze", cost.peak_mb, unit="MB"),
        figure("mail", None, "Syncs der Platte je Sekunde", syncs, unit="1/s"),
    ]
    if peer:
        theirs = helpdesk_mails(min(mails, 400), seed)
        figures.append(
            figure(
                "mail",
                None,
                "gegen django-helpdesk, je CPU-Sekunde",
                mails / net,
                unit="mails/s CPU",
                compared_with="django-helpdesk",
                compared_value=theirs,
                ratio=mails / net / theirs,
            )
        )
    return figures
