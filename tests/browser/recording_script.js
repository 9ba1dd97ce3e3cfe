// A stand-in for the platform's page script, for tests: it reads the tags of a page, offers connectif.managed, and posts what the real one
// would (events-sync-sms.md B5 and B6). Written anew from the facts and on its own: it shares no table with the package, so that a name
// which is wrong there is not wrong here too.
(function (page) {
  "use strict";
  const own = document.currentScript;
  const base = own.src.slice(0, own.src.indexOf("client-script/"));
  const token = own.src.split("/").pop();
  const kept = {
    get: (name) => JSON.parse(localStorage.getItem("recorded_" + name) || "null"),
    set: (name, value) => localStorage.setItem("recorded_" + name, JSON.stringify(value)),
  };

  const all = (root, name) => (root ? Array.from(root.getElementsByClassName(name)) : []);
  const one = (root, name) => all(root, name)[0];
  const raw = (element) => (element.innerText || element.textContent).trim();
  const text = (root, name) => (one(root, name) ? raw(one(root, name)) : undefined);
  const texts = (root, name) => all(root, name).map(raw).filter((word) => word !== "");
  const finite = (number) => (Number.isFinite(number) ? number : undefined);
  const amount = (root, name) => (one(root, name) ? finite(parseFloat(raw(one(root, name)))) : undefined);
  const whole = (root, name) => (one(root, name) ? finite(parseInt(raw(one(root, name)), 10)) : undefined);

  function product(root) {
    return {
      name: text(root, "name"),
      productDetailUrl: text(root, "url"),
      productId: text(root, "product_id"),
      unitPrice: amount(root, "unit_price"),
      availability: text(root, "availability"),
      imageUrl: text(root, "image_url"),
      description: text(root, "description"),
      thumbnailUrl: text(root, "thumbnail_url"),
      priority: whole(root, "priority"),
      rating: amount(root, "rating_value"),
      reviewCount: whole(root, "review_count"),
      categories: texts(root, "category"),
      tags: texts(root, "tag"),
      relatedExternalProductIds: texts(root, "related_external_product_id"),
      unitPriceOriginal: amount(root, "unit_price_original"),
      unitPriceWithoutVAT: amount(root, "unit_price_without_vat"),
      discountedAmount: amount(root, "discounted_amount"),
      discountedPercentage: amount(root, "discounted_percentage"),
      ratingCount: whole(root, "rating_count"),
      brand: text(root, "brand"),
      customField1: text(root, "custom_field_1"),
      customField2: text(root, "custom_field_2"),
      customField3: text(root, "custom_field_3"),
    };
  }
  const whole_product = (it) => it.name && it.productDetailUrl && it.productId && it.unitPrice >= 0;
  const line = (root) => Object.assign(product(root), { quantity: whole(root, "quantity"), price: amount(root, "price") });

  function basket(root) {
    return {
      cartId: text(root, "cart_id"),
      totalQuantity: whole(root, "total_quantity"),
      totalPrice: amount(root, "total_price"),
      products: all(root, "product_basket_item").map(line).filter(whole_product),
    };
  }
  const counts = (it) => it.totalQuantity >= 0 && it.totalPrice >= 0;

  function cart() {
    const found = basket(one(page, "cn_cart"));
    return found.cartId && counts(found) ? found : undefined;
  }

  function purchases() {
    const read = (root) =>
      Object.assign(basket(root), {
        purchaseId: text(root, "purchase_id"),
        paymentMethod: text(root, "payment_method"),
        purchaseDate: text(root, "purchase_date"),
      });
    return all(page, "cn_purchase")
      .map(read)
      .filter((it) => it.purchaseId && counts(it))
      .map((purchase) => ({ type: "purchase", purchase }));
  }

  function visitor() {
    const known = {
      primary_key: "primaryKey",
      tracker_id: "trackerId",
      _email_status: "_emailStatus",
      _newsletter_subscription_status: "_newsletterSubscriptionStatus",
    };
    const tag = one(page, "cn_client_info");
    const found = {};
    for (const child of tag ? tag.children : []) {
      found[known[child.className] || child.className] = text(tag, child.className);
    }
    return found;
  }

  function events() {
    const products = (kind) =>
      all(page, "cn_product_" + kind)
        .map(product)
        .filter(whole_product)
        .map((found) => ({ type: "product-" + kind, product: found }));
    const missing = all(page, "cn_product_not_found")
      .map((root) => text(root, "product_id"))
      .filter(Boolean)
      .map((productId) => ({ type: "product-not-found", productId }));
    const plain = ["login", "register"].filter((kind) => one(page, "cn_" + kind)).map((type) => ({ type }));
    const searchText = text(one(page, "cn_search"), "search_text");
    const subscriber = one(page, "cn_newsletter_subscribe");
    return [
      ...products("visited"),
      ...products("searched"),
      ...missing,
      ...plain,
      ...(searchText ? [{ type: "search", searchText }] : []),
      ...(subscriber ? [{ type: "newsletter-subscribe", email: text(subscriber, "email") }] : []),
      ...purchases(),
      { type: "page-visit" },
    ];
  }

  function about() {
    const words = page.querySelector("meta[name='keywords']");
    const content = words && words.getAttribute("content");
    return {
      categories: all(page, "cn_page_category").map(raw).filter(Boolean).slice(0, 10),
      title: page.title.substring(0, 50),
      keywords: content ? content.split(",") : [],
      tags: all(page, "cn_page_tag").map(raw).filter(Boolean).map((word) => word.substring(0, 25)).slice(0, 10),
    };
  }

  function same_cart(a, b) {
    const like = (x, y) => x.quantity === y.quantity && x.price === y.price && x.productId === y.productId;
    return (
      a.cartId === b.cartId && a.totalPrice === b.totalPrice && a.totalQuantity === b.totalQuantity &&
      a.products.length === b.products.length && a.products.every((x) => b.products.some((y) => like(x, y)))
    );
  }
  const told = (value) => JSON.stringify(value, Object.keys(value).sort());

  function sendEvents(given, options) {
    const settings = options || {};
    const body = {
      entityInfo: settings.entityInfo || visitor(),
      cart: settings.cart || cart(),
      events: Array.isArray(given) ? given : [],
      bannerPlaceholders: all(page, "cn_banner_placeholder").map((place) => place.id).filter(Boolean),
      pageInfo: about(),
      browserInfo: { url: encodeURIComponent(location.href) },
    };
    const tracker = body.entityInfo.trackerId;
    body.entityInfo.trackerId = tracker ? tracker.substring(0, 24) : undefined;
    const before = { visitor: kept.get("visitor"), cart: kept.get("cart") };
    const known = JSON.parse(JSON.stringify(body.entityInfo));
    if (body.cart) {
      const shown = JSON.parse(JSON.stringify(body.cart));
      kept.set("cart", shown);
      if (before.cart && same_cart(shown, before.cart)) delete body.cart;
    }
    if ((before.visitor && told(known) === told(before.visitor)) && !body.cart && !body.events.length) {
      window.skipped = (window.skipped || 0) + 1;
      return;
    }
    kept.set("visitor", known);
    const sending = new XMLHttpRequest();
    sending.open("POST", base + "integration-type/system/scrippet-notification/" + token);
    sending.setRequestHeader("Content-type", "text/plain");
    sending.send(JSON.stringify(body));
  }

  window.connectif = { version: "recording", managed: { sendEvents } };
  page.dispatchEvent(new CustomEvent("connectif.managed.initialized"));
  if (!page.documentElement.hasAttribute("data-quiet")) sendEvents(events());
})(document);
