"""Connectif, the platform that shops are synced with (https://api-docs.connectif.cloud/connectif-api).

What no document shows is marked: an ``ApiCall`` that is not ``verified`` can be edited in the shop and is shown as such.
"""

from __future__ import annotations

from typing import Final

from workbench.models.pace import Rate
from workbench.models.sync_platform import (
    ApiCall,
    Entity,
    ImportRules,
    PlatformCode,
    ShopField,
    SyncPlatform,
)
from workbench.sentence import N_

_DOCS: Final = "https://api-docs.connectif.cloud/connectif-api"
_AUTHENTICATION: Final = f"{_DOCS}/guides/authentication"
_CODES: Final = f"{_DOCS}/guides/custom-error-codes"
_CONTACT: Final = f"{_DOCS}/reference/contacts"
_PRODUCT: Final = f"{_DOCS}/reference/products/patchsert-product"
_PURCHASE: Final = f"{_DOCS}/reference/purchases"
_COUPONS: Final = f"{_DOCS}/reference/coupon-sets"
_IMPORT: Final = f"{_DOCS}/reference/imports"
_IMPORTER: Final = "https://github.com/francescorivola/connectif-importer"

_SUBSCRIPTION: Final = ("subscribed", "unsubscribed", "none")

_CONTACT_FIELDS: Final = (
    ShopField(id="_email", type="email", title=N_("Email")),
    ShopField(id="_externalId", title=N_("External id")),
    ShopField(id="_name", title=N_("First name")),
    ShopField(id="_surname", title=N_("Surname")),
    ShopField(id="_birthdate", type="date", title=N_("Date of birth")),
    ShopField(id="_mobilePhone", type="phone", title=N_("Mobile phone")),
    ShopField(id="_points", type="integer", title=N_("Points")),
    ShopField(
        id="_emailStatus", type="radio", title=N_("Status of the email address"),
        choices=("active", "bounced", "paused", "banned"),
    ),
    ShopField(
        id="_mobilePhoneStatus", type="radio", title=N_("Status of the mobile phone"),
        choices=("active", "bounced", "paused"),
    ),
    ShopField(
        id="_newsletterSubscriptionStatus", type="radio", title=N_("Newsletter subscription"), choices=_SUBSCRIPTION
    ),
    ShopField(id="_smsSubscriptionStatus", type="radio", title=N_("SMS subscription"), choices=_SUBSCRIPTION),
)  # fmt: skip

_PRODUCT_KEY: Final = ShopField(id="productId", title=N_("Product id"), required=True)
_PRODUCT_FIELDS: Final = (
    ShopField(id="name", title=N_("Name"), required=True),
    ShopField(id="productDetailUrl", type="url", title=N_("Address of the product's page"), required=True),
    ShopField(id="unitPrice", type="money", title=N_("Unit price"), required=True, least=0),
    ShopField(
        id="availability", type="radio", title=N_("Availability"), choices=("instock", "outofstock"),
        read_choices=("unverified", "discontinued"),
    ),
    ShopField(id="imageUrl", type="url", title=N_("Address of the picture")),
    ShopField(id="thumbnailUrl", type="url", title=N_("Address of the small picture")),
    ShopField(id="description", title=N_("Description")),
    ShopField(id="brand", title=N_("Brand")),
    ShopField(id="categories", type="texts", title=N_("Categories")),
    ShopField(id="tags", type="texts", title=N_("Tags")),
    ShopField(id="relatedExternalProductIds", type="texts", title=N_("Ids of related products")),
    ShopField(id="priority", type="integer", title=N_("Priority")),
    ShopField(id="rating", type="decimal", title=N_("Rating"), least=0),
    ShopField(id="ratingCount", type="integer", title=N_("Number of ratings"), least=0),
    ShopField(id="reviewCount", type="integer", title=N_("Number of reviews"), least=0),
    ShopField(id="unitPriceOriginal", type="money", title=N_("Original unit price"), least=0),
    ShopField(id="unitPriceWithoutVAT", type="money", title=N_("Unit price without VAT"), least=0),
    ShopField(id="discountedAmount", type="money", title=N_("Discounted amount"), least=0),
    ShopField(id="discountedPercentage", type="decimal", title=N_("Discount in percent"), least=0, most=100),
    ShopField(id="customField1", title=N_("Custom field 1")),
    ShopField(id="customField2", title=N_("Custom field 2")),
    ShopField(id="customField3", title=N_("Custom field 3")),
    ShopField(id="inStockUnits", type="integer", title=N_("Units in stock")),
    ShopField(id="isBlacklisted", type="boolean", title=N_("Blacklisted")),
    ShopField(id="publishedAt", type="date", title=N_("Published at")),
)  # fmt: skip
_READ_ONLY: Final = (
    ShopField(id="id", title=N_("Id in Connectif"), write=False),
    ShopField(id="createdAt", type="date", title=N_("Created at"), write=False),
    ShopField(id="updatedAt", type="date", title=N_("Updated at"), write=False),
)

_PURCHASE_FIELDS: Final = (
    ShopField(id="purchaseId", title=N_("Purchase id"), required=True),
    ShopField(id="cartId", title=N_("Cart id"), required=True),
    ShopField(id="contactEmail", type="email", title=N_("Email of the contact"), required=True),
    ShopField(id="purchaseDate", type="date", title=N_("Date of the purchase"), required=True),
    ShopField(id="paymentMethod", title=N_("Payment method")),
    ShopField(id="products", type="items", title=N_("Products"), required=True),
    ShopField(id="totalQuantity", type="integer", title=N_("Total quantity"), required=True, least=0),
    ShopField(id="totalPrice", type="money", title=N_("Total price"), required=True, least=0),
    ShopField(id="id", title=N_("Id in Connectif"), write=False),
    ShopField(id="contactId", title=N_("Id of the contact in Connectif"), write=False),
)
_ITEM_FIELDS: Final = (
    _PRODUCT_KEY,
    *(field.model_copy(update={"required": False}) for field in _PRODUCT_FIELDS),
    ShopField(id="quantity", type="integer", title=N_("Quantity"), required=True, least=0),
    ShopField(id="price", type="money", title=N_("Price of the line"), required=True, least=0),
)
_FIELDS: Final[dict[Entity, tuple[ShopField, ...]]] = {
    "contact": _CONTACT_FIELDS,
    "product": (_PRODUCT_KEY, *_PRODUCT_FIELDS, *_READ_ONLY),
    "purchase": _PURCHASE_FIELDS,
    "coupon": (ShopField(id="code", title=N_("Code"), required=True),),
}

_CALLS: Final = (
    ApiCall(
        key="contact_by_email", title=N_("Write a contact by its email"), method="PATCH", path="/contacts/email/{email}",
        entity="contact", permission=N_("contacts: write"), source=f"{_CONTACT}/patchsert-contact-by-email",
    ),
    ApiCall(
        key="contact_by_external_id", title=N_("Write a contact by its external id"), method="PATCH",
        path="/contacts/external-id/{external_id}", entity="contact", verified=False, permission=N_("contacts: write"),
        source=_CONTACT,
    ),
    ApiCall(
        key="contact_get", title=N_("Read a contact"), method="GET", path="/contacts/{email}", entity="contact",
        permission=N_("contacts: read"), source=_AUTHENTICATION,
    ),
    ApiCall(
        key="contact_delete", title=N_("Delete a contact"), method="DELETE", path="/contacts/{email}", entity="contact",
        verified=False, permission=N_("contacts: delete"), source=_CONTACT,
    ),
    ApiCall(
        key="product", title=N_("Write a product"), method="PATCH", path="/products/product-id/{id}", entity="product",
        permission=N_("products: write"), source=_PRODUCT,
    ),
    ApiCall(
        key="product_get", title=N_("Read a product"), method="GET", path="/products/product-id/{id}", entity="product",
        verified=False, permission=N_("products: read"), source=f"{_DOCS}/reference/products",
    ),
    ApiCall(
        key="purchase", title=N_("Create a purchase"), method="POST", path="/purchases/", entity="purchase",
        permission=N_("purchases: write"), source=f"{_PURCHASE}/create-purchase",
    ),
    ApiCall(
        key="purchase_get", title=N_("Read a purchase by its id in Connectif"), method="GET", path="/purchases/{id}",
        entity="purchase", permission=N_("purchases: read"), source=_PURCHASE,
    ),
    ApiCall(
        key="purchase_by_store_id", title=N_("Read a purchase by the shop's id"), method="GET",
        path="/purchases/purchase-id/{id}", entity="purchase", permission=N_("purchases: read"), source=_PURCHASE,
    ),
    ApiCall(
        key="coupon_sets", title=N_("List the coupon sets"), method="GET", path="/coupon-sets", entity="coupon",
        verified=False, permission=N_("coupons: read"), source=_COUPONS,
    ),
    ApiCall(
        key="coupon_set", title=N_("Read a coupon set"), method="GET", path="/coupon-sets/{id}", entity="coupon",
        verified=False, permission=N_("coupons: read"), source=_COUPONS,
    ),
    ApiCall(
        key="import", title=N_("Import a file"), method="POST", path="/imports", entity="import",
        permission=N_("imports: write"), source=f"{_IMPORT}/create-import",
    ),
    ApiCall(
        key="import_get", title=N_("Look at an import"), method="GET", path="/imports/{id}", entity="import",
        permission=N_("imports: read"), source=_IMPORT,
    ),
    ApiCall(
        key="imports", title=N_("List the imports"), method="GET", path="/imports", entity="import",
        permission=N_("imports: read"), source=_IMPORT,
    ),
)  # fmt: skip

_PRODUCTS: Final = ("productIds", "productsId")
"""The table of the codes' page writes the one, its example the other."""
_DOMAINS: Final = ("allowedDomains",)
_CODE_LIST: Final = (
    PlatformCode(
        code="E0101",
        meaning=N_("The contact of this purchase does not exist in Connectif."),
        advice=N_("Create the contact first, then send the purchase again."),
        waits_for=("contact",),
    ),
    PlatformCode(
        code="E0102",
        meaning=N_("A product of this purchase does not exist in Connectif."),
        advice=N_("Create the products that it names first, then send the purchase again."),
        lists=(_PRODUCTS,),
        waits_for=("product",),
    ),
    PlatformCode(
        code="E0103",
        meaning=N_("A product of this purchase has an address on a domain that Connectif does not allow."),
        advice=N_("Correct the product's address, or add its domain to the allowed ones in Connectif."),
        lists=(_PRODUCTS, _DOMAINS),
    ),
    PlatformCode(
        code="E0201",
        meaning=N_("The product's address is on a domain that Connectif does not allow."),
        advice=N_("Correct the product's address, or add its domain to the allowed ones in Connectif."),
        lists=(_DOMAINS,),
    ),
    PlatformCode(
        code="E0301",
        meaning=N_("Five exports are waiting in Connectif already."),
        advice=N_("Wait until one of them is finished, then try again."),
        full=True,
    ),
    PlatformCode(
        code="E0401",
        meaning=N_("Ten imports are waiting in Connectif already."),
        advice=N_("Wait until one of them is finished; the workbench then goes on."),
        full=True,
    ),
)

_STATUSES: Final = (
    (400, N_("{platform} refused this (HTTP {status}). {words}")),
    (401, N_("{platform} does not know this API key (HTTP 401). Copy the key anew into the shop's settings, whole. {words}")),
    (403, N_("{platform} does not let this API key do that (HTTP 403). In {platform}, give the key the permission “{permission}”, "
             "or see whether the account is blocked. {words}")),
    (404, N_("{platform} has nothing at this address (HTTP 404): what was asked for does not exist there, or the path in the shop's "
             "settings is not right. {words}")),
    (413, N_("The file is larger than {platform} takes (HTTP 413). Import it in smaller parts. {words}")),
    (415, N_("{platform} wants the file in another form (HTTP 415): as a form in parts. {words}")),
    (422, N_("{platform} finds a value that is not right (HTTP 422). {words}")),
    (429, N_("{platform} got more calls in this minute than it takes (HTTP 429). The workbench waits and goes on. {words}")),
    (500, N_("{platform} has a fault of its own (HTTP {status}). Try again later. {words}")),
)  # fmt: skip

PLATFORM: Final = SyncPlatform(
    key="connectif",
    name="Connectif",
    about=N_(
        "Contacts, products, purchases and coupons by API and by import; the other events come from tags and scripts of the shop's pages."
    ),
    base_url="https://api.connectif.cloud",
    authorization="apiKey {api_key}",
    calls=_CALLS,
    fields=_FIELDS,
    item_fields=_ITEM_FIELDS,
    codes=_CODE_LIST,
    statuses=_STATUSES,
    imports=ImportRules(),
    rate=Rate(limit=100, per_s=60.0),
    hosts=("api.connectif.cloud",),
    notes=(
        N_(
            "The number of calls a minute is not documented: 100 is assumed until the first answer states it."
        ),
        N_("Purchases cannot be imported: they go one by one."),
        N_("How many coupons are assigned and available is up to 10 seconds behind."),
        N_("Purchases that come by API are not seen by the contents of the shop's pages."),
    ),
    sources=(_DOCS, _AUTHENTICATION, _CODES, _CONTACT, _PRODUCT, _PURCHASE, _COUPONS, _IMPORT, _IMPORTER),
    more={
        "key_shape": r"[A-Za-z0-9_-]{22}:[A-Za-z0-9_-]{22}",
        "purchase_event": "triggerPurchaseEvent",
    },
)
