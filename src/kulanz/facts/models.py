"""What happened, as the sources told it. Written by `facts.ingest` alone."""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar

from django.db import models


class Viewer(Protocol):
    """Whoever looks: a user, limited to accounts or not."""

    all_accounts: bool

    @property
    def accounts(self) -> Any:
        """The manager of the accounts this user is limited to."""


_Row = TypeVar("_Row", bound=models.Model, covariant=True)


class OfAccounts(models.QuerySet[_Row]):
    """Rows of an account; every query of a page starts at `visible_to(user)`."""

    def visible_to(self, user: Viewer) -> Self:
        if user.all_accounts:
            return self
        return self.filter(account_id__in=user.accounts.values_list("pk", flat=True))


class Account(models.Model):
    """One account of the merchant: a marketplace, a shop, or his ERP (Wawi)."""

    name = models.CharField(max_length=60, unique=True)
    channel = models.CharField(max_length=20)
    """Key of channels.registry: amazon, otto, ebay, kaufland, shop, wawi."""
    title = models.CharField(max_length=60)
    zone = models.CharField(max_length=40, default="Europe/Berlin")
    land = models.CharField(max_length=2, default="NW")
    """Federal state, for public holidays of the house's own clock."""
    sender = models.CharField(max_length=254, blank=True)
    """From address of replies."""
    sender_name = models.CharField(max_length=120, blank=True)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.title


class Fact(models.Model):
    """Columns every fact carries. Times are UTC."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=40)
    source_at = models.DateTimeField()
    """When the source says this was so; its file's time where the record has none."""
    received_at = models.DateTimeField()
    stamps = models.JSONField(null=True)
    """Per column [source time, received time] where another source than `source` delivered it."""
    raw_id = models.BigIntegerField(null=True)
    version = models.IntegerField(default=1)

    objects = models.Manager.from_queryset(OfAccounts)()

    class Meta:
        abstract = True


class Customer(Fact):
    """One buyer as one account knows him; the same person elsewhere is only ever *vermutlich derselbe*."""

    key = models.CharField(max_length=254)
    """Relay alias or mail address, lower case; else folded name with postcode."""
    name = models.CharField(max_length=200, blank=True)
    folded_name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="customer_once")]
        indexes = [models.Index(fields=["folded_name", "postcode"], name="customer_name")]


class Product(Fact):
    sku = models.CharField(max_length=80)
    asin = models.CharField(max_length=20, blank=True)
    ean = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=300, blank=True)
    picture = models.CharField(max_length=200, blank=True)
    """File name in the installation's picture folder."""
    cost_cents = models.BigIntegerField(null=True)
    """Net purchase price; null is unknown, never 0."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "sku"], name="product_once")]
        indexes = [
            models.Index(fields=["sku"], name="product_sku"),
            models.Index(fields=["asin"], name="product_asin"),
        ]


class Stock(Fact):
    sku = models.CharField(max_length=80)
    available = models.IntegerField()
    """Pieces that may be sold: physical minus reserved."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "sku"], name="stock_once")]
        indexes = [models.Index(fields=["sku"], name="stock_sku")]


class Order(Fact):
    number = models.CharField(max_length=60)
    placed_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=40, blank=True)
    """As the source writes it."""
    fulfilled_by = models.CharField(max_length=10, blank=True)
    """own or platform (FBA); empty is unknown."""
    currency = models.CharField(max_length=3, blank=True)
    total_cents = models.BigIntegerField(null=True)
    shipping_cents = models.BigIntegerField(null=True)
    discount_cents = models.BigIntegerField(null=True)
    vouchers = models.CharField(max_length=200, blank=True)
    paid_at = models.DateTimeField(null=True)
    ship_by = models.DateTimeField(null=True)
    deliver_by = models.DateTimeField(null=True)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="+")
    recipient = models.CharField(max_length=200, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True)
    business = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "number"], name="order_once")]
        indexes = [
            models.Index(fields=["number"], name="order_number"),
            models.Index(fields=["account", "-placed_at"], name="order_newest"),
        ]


class OrderNumber(Fact):
    """A further number of an order: shop, Wawi, delivery note, invoice. One number may lead to several orders."""

    order = models.ForeignKey(Order, models.CASCADE, null=True, related_name="+")
    order_number = models.CharField(max_length=60)
    kind = models.CharField(max_length=12)
    number = models.CharField(max_length=60)
    folded = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "order_number", "kind", "number"], name="ordernumber_once"
            )
        ]
        indexes = [
            models.Index(fields=["folded"], name="ordernumber_folded"),
            models.Index(fields=["order_number"], name="ordernumber_orphan", condition=models.Q(order=None)),
        ]


class OrderLine(Fact):
    order = models.ForeignKey(Order, models.CASCADE, related_name="+", db_index=False)
    ref = models.CharField(max_length=60)
    """The line's own id, else its sku."""
    sku = models.CharField(max_length=80, blank=True)
    asin = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=300, blank=True)
    quantity = models.IntegerField(default=1)
    price_cents = models.BigIntegerField(null=True)
    """Gross, for the whole line."""
    tax_cents = models.BigIntegerField(null=True)
    status = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "ref"], name="orderline_once")]


class OfOrder(Fact):
    """A fact that names an order by any of its numbers, and is linked as soon as the order is known."""

    order_number = models.CharField(max_length=60, blank=True)
    order = models.ForeignKey(Order, models.CASCADE, null=True, related_name="+")

    class Meta:
        abstract = True


class Stage(OfOrder):
    """How far an order got, as the account's stage map names it."""

    name = models.CharField(max_length=40)
    reached_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "order_number", "name"], name="stage_once")]
        indexes = [models.Index(fields=["order_number"], name="stage_orphan", condition=models.Q(order=None))]


class Parcel(OfOrder):
    number = models.CharField(max_length=60)
    """Tracking number, folded: letters and digits."""
    carrier = models.CharField(max_length=20, blank=True)
    delivery_note = models.CharField(max_length=60, blank=True)
    shipped_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=24, blank=True)
    """Normalised, see carriers.states; empty before the first scan."""
    state_at = models.DateTimeField(null=True)
    place = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "carrier", "order_number"], name="parcel_once")
        ]
        indexes = [
            models.Index(fields=["order_number"], name="parcel_orphan", condition=models.Q(order=None))
        ]


class Scan(Fact):
    """One event of a parcel, in the carrier's words."""

    number = models.CharField(max_length=60)
    carrier = models.CharField(max_length=20)
    at = models.DateTimeField()
    code = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=24, blank=True)
    place = models.CharField(max_length=100, blank=True)
    text = models.CharField(max_length=300, blank=True)
    ambiguous_time = models.BooleanField(default=False)
    """A local time that the change from summer time has twice; the earlier was taken."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "carrier", "at", "code", "place"], name="scan_once")
        ]


class Invoice(OfOrder):
    """A document somebody issued for an order."""

    number = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, default="invoice")
    issued_on = models.DateField(null=True)
    total_cents = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    file_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "number", "order_number"], name="invoice_once")
        ]
        indexes = [
            models.Index(fields=["order_number"], name="invoice_orphan", condition=models.Q(order=None))
        ]


class Refund(OfOrder):
    ref = models.CharField(max_length=60)
    refunded_at = models.DateTimeField(null=True)
    cents = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "order_number", "ref"], name="refund_once")]
        indexes = [
            models.Index(fields=["order_number"], name="refund_orphan", condition=models.Q(order=None))
        ]


class Return(OfOrder):
    ref = models.CharField(max_length=60)
    sku = models.CharField(max_length=80, blank=True)
    quantity = models.IntegerField(null=True)
    arrived_at = models.DateTimeField(null=True)
    """When the goods were back; not `received_at`, which is when we heard of it."""
    announced_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    tracking_number = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "order_number", "ref", "sku"], name="return_once")
        ]
        indexes = [
            models.Index(fields=["order_number"], name="return_orphan", condition=models.Q(order=None))
        ]


class Message(Fact):
    """A mail between a customer or platform and us."""

    key = models.CharField(max_length=254)
    """Message-ID, else a digest of the raw record."""
    direction = models.CharField(max_length=3)
    """in or out."""
    kind = models.CharField(max_length=20)
    """buyer_message, platform_notice, bounce, auto_reply, other."""
    notice = models.CharField(max_length=60, blank=True)
    sent_at = models.DateTimeField()
    sender_name = models.CharField(max_length=200, blank=True)
    sender = models.CharField(max_length=254, blank=True)
    recipient = models.CharField(max_length=254, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    """Where the writer asks to be answered, if that is not `sender`."""
    subject = models.CharField(max_length=400, blank=True)
    in_reply_to = models.CharField(max_length=254, blank=True)
    thread_keys = models.JSONField(default=list)
    order_numbers = models.JSONField(default=list)
    tracking_numbers = models.JSONField(default=list)
    own_text = models.TextField(blank=True)
    quoted_text = models.TextField(blank=True)
    has_html = models.BooleanField(default=False)
    """The HTML itself is read again from the raw record when somebody opens it."""
    has_remote_pictures = models.BooleanField(default=False)
    authentication = models.CharField(max_length=4, blank=True)
    bounce_of = models.CharField(max_length=254, blank=True)
    warnings = models.JSONField(default=list)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="message_once")]


class Attachment(Fact):
    message = models.ForeignKey(Message, models.CASCADE, related_name="+", db_index=False)
    place = models.IntegerField()
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=200, blank=True)
    inline = models.BooleanField(default=False)
    blob_id = models.BigIntegerField(null=True)
    """Null: the bytes are the part number `place` of the raw mail."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "place"], name="attachment_once")]


class Change(models.Model):
    """Whoever is named `consumer` must look at this object again. He deletes the row by compare-and-set on
    `version`, in one transaction with what he did about it."""

    consumer = models.CharField(max_length=20)
    object_kind = models.CharField(max_length=12)
    object_id = models.BigIntegerField()
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consumer", "object_kind", "object_id"], name="change_once")
        ]
