"""READINESS PLAN: the steps of a validation, and what each has to prove.

The first three areas are the vendor's own walk through a new shop (contacts, products, cart); the others are what it leaves to hope.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.models.readiness import CheckPlan, StepPlan
from workbench.sentence import N_

PAGE_HOW: Final = N_(
    "Open the page in the shop, paste its source here; or, where scripts tell it, the body that the browser posted (network tools)."
)
TAGS_MISSING: Final = N_(
    "Look at the tag on the page: “Shop tags” builds it right and says what the platform's script would drop."
)
SEEN_MISSING: Final = N_(
    "Wait some minutes and look again. If it stays away, prove the check above it: what did not arrive cannot be seen."
)

STEPS: Final[tuple[StepPlan, ...]] = (
    StepPlan(
        key="key", title=N_("Key"),
        about=N_("Without a key that may read and write, nothing of what follows arrives."),
        checks=(
            CheckPlan(
                key="key.let_in", title=N_("The platform lets the key in"), source="answer", points=3,
                how=N_("One call that only reads is made with the shop's key."),
                missing=N_("Make a key in the platform's settings, with the permissions that the answer names, and save it with the shop."),
            ),
            CheckPlan(
                key="key.areas", title=N_("It may read coupon sets and imports"), source="answer",
                how=N_("Both lists are read; nothing is changed."),
                missing=N_("Give the key the permissions that the answer names."),
            ),
        ),
    ),
    StepPlan(
        key="paths", title=N_("Paths"),
        about=N_("Some addresses of the platform's interface are not documented where we could read them. A stand-in proves nothing here."),
        checks=(
            CheckPlan(
                key="paths.proven", title=N_("Each of them was answered, or looked up"), source="word", word=True, rehearsed=False,
                how=N_("Answers of this validation prove the paths they came by. Look the others up in the platform's reference."),
                missing=N_("Correct the path in the shop's settings, where it is marked as not verified."),
            ),
        ),
    ),
    StepPlan(
        key="domains", title=N_("Domains"),
        about=N_("The platform refuses products and purchases whose pages are on a domain that it does not know."),
        checks=(
            CheckPlan(
                key="domains.listed", title=N_("The shop's own domain is among those allowed"), source="settings", points=1,
                how=N_("The shop's settings are read."),
                missing=N_("Add the domain in the shop's settings here, and in the platform's."),
            ),
            CheckPlan(
                key="domains.used", title=N_("Every product seen here is on one of them"), source="page",
                how=N_("The addresses in all pages and answers of this validation are looked at. Read a product's page first."),
                missing=N_("Add the domain, or correct the address of the product's page."),
            ),
        ),
    ),
    StepPlan(
        key="contacts", title=N_("Contacts"),
        about=N_("A person who signs up in the shop has to be the same person at the platform."),
        look=N_("Contacts > View all: search for the address, open it, and look at Activity."),
        checks=(
            CheckPlan(
                key="contacts.api", title=N_("A contact is at the platform"), source="answer", needs="key", points=3,
                how=N_("Give the address of a contact of yours. It is read back, or written first and then read back."),
                missing=N_("Sync the contact, then look again."),
            ),
            CheckPlan(
                key="contacts.seen", title=N_("It was seen in the platform's list"), source="word", needs="word", word=True,
                rehearsed=False, how=N_("Look for it in the platform, and write down what you saw."), missing=SEEN_MISSING,
            ),
        ),
    ),
    StepPlan(
        key="product", title=N_("Products"),
        about=N_("A visit to a product is what most automations begin with."),
        look=N_("Contacts > Activity: the visit is there with its address. Catalogue: the product is there with name, price and picture."),
        checks=(
            CheckPlan(
                key="product.page", title=N_("A product's page tells the visit"), source="page", needs="page", word=True,
                how=PAGE_HOW, missing=TAGS_MISSING,
            ),
            CheckPlan(
                key="product.api", title=N_("The product is in the catalogue"), source="answer", needs="key",
                how=N_("Give a product's id. It is read back, or a test product is written first."),
                missing=N_("Sync the product, or open its page once so that its tag tells it."),
            ),
            CheckPlan(
                key="product.seen", title=N_("The visit was seen in a contact's activity"), source="word", needs="word", points=1,
                word=True, rehearsed=False, how=N_("Visit a product, look at your contact's activity, and write down what you saw."),
                missing=SEEN_MISSING,
            ),
        ),
    ),
    StepPlan(
        key="cart", title=N_("Cart"),
        about=N_("An abandoned cart can only be recovered if each change of it is told, and its emptying too."),
        look=N_("Log in, put several products into the cart: Activity shows “product added”."),
        checks=(
            CheckPlan(
                key="cart.page", title=N_("A page with a full cart tells it whole"), source="page", needs="page", word=True,
                how=PAGE_HOW, missing=TAGS_MISSING,
            ),
            CheckPlan(
                key="cart.changed", title=N_("A changed cart is told again"), source="page", needs="pages", points=1, word=True,
                how=N_("Paste the page before the change, and the one after it."), missing=TAGS_MISSING,
            ),
            CheckPlan(
                key="cart.emptied", title=N_("An emptied cart is told too"), source="page", needs="page", points=1, word=True,
                how=N_("Empty the cart, and paste the page: without its tag the cart counts as abandoned."),
                missing=N_("Leave the cart's tag on the page with no product in it, a quantity of 0 and a price of 0."),
            ),
            CheckPlan(
                key="cart.seen", title=N_("“Product added” was seen in the activity"), source="word", needs="word", points=1, word=True,
                rehearsed=False, how=N_("Look at your contact's activity, and write down what you saw."), missing=SEEN_MISSING,
            ),
        ),
    ),
    StepPlan(
        key="purchase", title=N_("Purchase"),
        about=N_("What was bought ends the reminders, counts in the figures, and must be told once."),
        look=N_("Contacts > Activity: the purchase is there, with its products and total."),
        checks=(
            CheckPlan(
                key="purchase.page", title=N_("The page after buying tells the purchase"), source="page", needs="page", word=True,
                how=PAGE_HOW,
                missing=N_("Is the tag on the confirmation page, with its mandatory values? Sending by the API is the sure way."),
            ),
            CheckPlan(
                key="purchase.api", title=N_("The purchase is at the platform"), source="answer", needs="key", points=3,
                how=N_("Give a purchase's id. It is read back, or a test purchase is written first, without starting automations."),
                missing=N_("Look at the confirmation page and its tag's mandatory values, or send the purchase by the API."),
            ),
            CheckPlan(
                key="purchase.seen", title=N_("The purchase was seen in the activity"), source="word", needs="word", points=1, word=True,
                rehearsed=False, how=N_("Look at your contact's activity, and write down what you saw."), missing=SEEN_MISSING,
            ),
        ),
    ),
    StepPlan(
        key="login", title=N_("Login"),
        about=N_("Who logs in becomes known: what was done before is joined to the contact."),
        look=N_("Contacts > Activity: “login”."),
        checks=(
            CheckPlan(
                key="login.page", title=N_("The page after logging in tells it, and who it was"), source="page", needs="page", word=True,
                how=PAGE_HOW, missing=TAGS_MISSING,
            ),
        ),
    ),
    StepPlan(
        key="register", title=N_("Registration"),
        about=N_("A new customer is welcomed only if the platform hears of it."),
        look=N_("Contacts > Activity: “register”."),
        checks=(
            CheckPlan(
                key="register.page", title=N_("The page after registering tells it, and who it was"), source="page", needs="page",
                word=True, how=PAGE_HOW, missing=TAGS_MISSING,
            ),
        ),
    ),
    StepPlan(
        key="search", title=N_("Search"),
        about=N_("What people search for, and which product they take from the results."),
        checks=(
            CheckPlan(
                key="search.page", title=N_("A page of results tells what was searched"), source="page", needs="page", points=1, word=True,
                how=PAGE_HOW, missing=TAGS_MISSING,
            ),
        ),
    ),
    StepPlan(
        key="newsletter", title=N_("Newsletter"),
        about=N_("A sign-up in the shop goes to the platform, and one made there comes back to the shop."),
        look=N_("Subscribe with your own address: the contact's newsletter status is “subscribed”."),
        checks=(
            CheckPlan(
                key="newsletter.page", title=N_("The page after signing up tells it"), source="page", needs="page", word=True,
                how=PAGE_HOW, missing=TAGS_MISSING,
            ),
            CheckPlan(
                key="newsletter.subscribe", title=N_("The platform called when somebody subscribed"), source="call",
                how=N_("Fill in the two callback addresses at the platform, subscribe once in its form, then look here."),
                missing=N_("Compare the address at the platform with the shop's callback addresses, and whether it can be reached."),
            ),
            CheckPlan(
                key="newsletter.unsubscribe", title=N_("The platform called when somebody unsubscribed"), source="call",
                how=N_("Unsubscribe by the link in a message of the platform, then look here."),
                missing=N_("Compare the address at the platform with the shop's callback addresses, and whether it can be reached."),
            ),
        ),
    ),
    StepPlan(
        key="push", title=N_("Web push"),
        about=N_("Visitors who allow it can be reached without an address: if the worker, its place and the key are right."),
        look=N_("Send yourself a test notification from the platform, and click it."),
        checks=(
            CheckPlan(
                key="push.settings", title=N_("Site, worker, scope and key are right"), source="settings", points=1,
                how=N_("The shop's settings are looked at as a browser does."),
                missing=N_("Put it right on the page “Shop tags”, under web push."),
            ),
            CheckPlan(
                key="push.worker", title=N_("The shop's server gives the worker"), source="answer", points=1, rehearsed=False,
                how=N_("The worker's address is asked for once."), missing=N_("Put the file where the settings say it is."),
            ),
            CheckPlan(
                key="push.browser", title=N_("A browser subscribed"), source="browser", needs="text", word=True,
                how=N_("Paste the subscription, or the report of our registration lines."),
                missing=N_("Open the shop in a fresh browser window and subscribe again."),
            ),
            CheckPlan(
                key="push.seen", title=N_("A notification arrived and its click opened the page"), source="word", needs="word", points=1,
                word=True, rehearsed=False, how=N_("Send one to yourself, and write down what you saw."), missing=SEEN_MISSING,
            ),
        ),
    ),
    StepPlan(
        key="import", title=N_("Import"),
        about=N_("A file of many rows is how a shop gets to the platform in the first place."),
        checks=(
            CheckPlan(
                key="import.clean", title=N_("The last import took every row"), source="run", points=3,
                how=N_("The shop's newest import of this workbench is looked at. A partial success does not count."),
                missing=N_("Mend the refused rows on the page “Sync” and import them again."),
            ),
        ),
    ),
    StepPlan(
        key="double", title=N_("Told twice"),
        about=N_("A purchase told by the page and by the API counts twice, unless both have the same id."),
        checks=(
            CheckPlan(
                key="double.none", title=N_("Nothing that was seen here is told by two ways"), source="page",
                how=N_("The pages and answers of this validation are laid over each other. Read the pages first."),
                missing=N_("Choose one way for it, or make sure that both name the same id."),
            ),
        ),
    ),
)  # fmt: skip
CHECKS: Final[Mapping[str, CheckPlan]] = {check.key: check for step in STEPS for check in step.checks}


def step_of(check: str) -> str:
    """Return the step that a check belongs to."""
    return check.partition(".")[0]


def checks_of(step: str) -> tuple[CheckPlan, ...]:
    """Return the checks of a step (one check for its key; all for the empty text); KeyError where there is none."""
    if step in CHECKS:
        return (CHECKS[step],)
    found = tuple(check for plan in STEPS if step in ("", plan.key) for check in plan.checks)
    if not found:
        raise KeyError(step)
    return found
