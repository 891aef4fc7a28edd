"""Where Django looks for models: every room's, in one app with one migration history."""

from kulanz.audit.models import AuditEntry, AuditSeal
from kulanz.base.models import Blob, BlobChunk, Secret
from kulanz.cases.models import Case, CaseEntry, CaseKey, Draft, Presence, SearchDoc, Stray
from kulanz.channels.models import ChannelRule, ColumnMapping, Mailbox, WatchedFolder
from kulanz.facts.models import (
    Account,
    Attachment,
    Change,
    Customer,
    Invoice,
    Message,
    Order,
    OrderLine,
    OrderNumber,
    Parcel,
    Product,
    Refund,
    Return,
    Scan,
    Stage,
    Stock,
)
from kulanz.intake.models import RawBatch, RawRecord, Upload
from kulanz.outbox.models import Action, Halt, Policy
from kulanz.people.models import Shift, User
from kulanz.work.models import Heartbeat, Schedule

__all__ = [
    "Account",
    "Action",
    "Attachment",
    "AuditEntry",
    "AuditSeal",
    "Blob",
    "BlobChunk",
    "Case",
    "CaseEntry",
    "CaseKey",
    "Change",
    "ChannelRule",
    "ColumnMapping",
    "Customer",
    "Draft",
    "Halt",
    "Heartbeat",
    "Invoice",
    "Mailbox",
    "Message",
    "Order",
    "OrderLine",
    "OrderNumber",
    "Parcel",
    "Policy",
    "Presence",
    "Product",
    "RawBatch",
    "RawRecord",
    "Refund",
    "Return",
    "Scan",
    "Schedule",
    "SearchDoc",
    "Secret",
    "Shift",
    "Stage",
    "Stock",
    "Stray",
    "Upload",
    "User",
    "WatchedFolder",
]
