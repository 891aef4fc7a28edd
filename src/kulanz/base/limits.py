"""Limits that more than one room needs. Each error that comes from one names it."""

MAIL_BYTES = 50 * 1024 * 1024
"""One mail, as it came."""
FILE_BYTES = 512 * 1024 * 1024
"""One imported file."""
INLINE_BYTES = 64 * 1024
"""A body above this lies in blob chunks."""
BLOB_CHUNK_BYTES = 1024 * 1024
RECORD_BYTES = 1024 * 1024
"""One record of an order or ERP file."""
NAME_CHARS = 200
SUBJECT_CHARS = 400
TEXT_CHARS = 200_000
"""Own text of one message kept for reading and search; the raw record keeps all of it."""
REPLY_CHARS = 50_000
CHUNK_ROWS = 1000
"""Rows written in one transaction by a bulk import."""
FETCH_MAILS = 50
"""Mails of one fetch, committed as raw together with the mailbox's cursor."""
PARSE_ATTEMPTS = 3
"""A record that kills its parser this often goes to quarantine by itself."""
ATTACHMENTS_BYTES = 10 * 1024 * 1024
"""All attachments of one reply. Amazon's limit for buyer messages; source: docs/rules.md."""
