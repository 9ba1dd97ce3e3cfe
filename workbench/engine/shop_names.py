"""SHOP NAMES: how each value of a product, line, cart and purchase is called: in the API and in script events, and as a tag's class.

The one table from which all three are written and read, so that they cannot say different things.
https://api-docs.connectif.cloud/connectif-api/reference/products/patchsert-product for the API; the classes are those that the vendor's
page script reads (version 1.3.0).
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Shape = Literal["text", "whole", "money", "texts", "flag", "moment"]


class Named(NamedTuple):
    """One value: its attribute on our noun, its key in the API, its tag's class (empty: no tag carries it), its shape.

    ``needed`` says that the page script drops the whole thing without it.
    """

    attribute: str
    key: str
    tag: str
    shape: Shape
    needed: bool = False


PRODUCT: Final = (
    Named("id", "productId", "product_id", "text", True),
    Named("name", "name", "name", "text", True),
    Named("url", "productDetailUrl", "url", "text", True),
    Named("unit_price", "unitPrice", "unit_price", "money", True),
    Named("availability", "availability", "availability", "text"),
    Named("image_url", "imageUrl", "image_url", "text"),
    Named("thumbnail_url", "thumbnailUrl", "thumbnail_url", "text"),
    Named("description", "description", "description", "text"),
    Named("brand", "brand", "brand", "text"),
    Named("categories", "categories", "category", "texts"),
    Named("tags", "tags", "tag", "texts"),
    Named("related", "relatedExternalProductIds", "related_external_product_id", "texts"),
    Named("priority", "priority", "priority", "whole"),
    Named("rating", "rating", "rating_value", "money"),
    Named("rating_count", "ratingCount", "rating_count", "whole"),
    Named("review_count", "reviewCount", "review_count", "whole"),
    Named("unit_price_original", "unitPriceOriginal", "unit_price_original", "money"),
    Named("unit_price_without_vat", "unitPriceWithoutVAT", "unit_price_without_vat", "money"),
    Named("discounted_amount", "discountedAmount", "discounted_amount", "money"),
    Named("discounted_percentage", "discountedPercentage", "discounted_percentage", "money"),
    Named("custom_1", "customField1", "custom_field_1", "text"),
    Named("custom_2", "customField2", "custom_field_2", "text"),
    Named("custom_3", "customField3", "custom_field_3", "text"),
    Named("in_stock_units", "inStockUnits", "", "whole"),
    Named("is_blacklisted", "isBlacklisted", "", "flag"),
    Named("published_at", "publishedAt", "", "moment"),
)
LINE: Final = (
    Named("quantity", "quantity", "quantity", "whole", True),
    Named("price", "price", "price", "money", True),
)
CART: Final = (
    Named("id", "cartId", "cart_id", "text", True),
    Named("total_quantity", "totalQuantity", "total_quantity", "whole", True),
    Named("total_price", "totalPrice", "total_price", "money", True),
)
PURCHASE: Final = (
    Named("id", "purchaseId", "purchase_id", "text", True),
    Named("cart_id", "cartId", "cart_id", "text"),
    Named("email", "contactEmail", "", "text"),
    Named("at", "purchaseDate", "purchase_date", "moment"),
    Named("payment_method", "paymentMethod", "payment_method", "text"),
    Named("total_quantity", "totalQuantity", "total_quantity", "whole", True),
    Named("total_price", "totalPrice", "total_price", "money", True),
)
