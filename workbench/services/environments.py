"""Environments: the same integration in dev, staging and prod; promoted after a look at what changes, rolled back by one step.

Each environment has an integration of its own, which can be sent through and tested like any other; the catalogue's kind ``environments``
joins them by id and keeps the values that belong to one environment, and the state before the last change. Secrets never travel from one
environment to another. The state before a change has copies of its secrets: changing the integration forgets those it held.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from workbench.adapters.clock import new_id
from workbench.engine.checks import blocking
from workbench.engine.promotion import (
    Definition,
    changes,
    definition_of,
    promoted,
    put,
    secrets_of,
    settings_of,
    text_of,
)
from workbench.engine.secret_places import wanted
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.environment import (
    ENVIRONMENTS,
    EnvironmentName,
    EnvironmentSet,
    Promotion,
    RollBack,
    Variant,
)
from workbench.models.integration import Draft, Integration, Settings
from workbench.sentence import say

from .environment_checks import check_places, check_values, mark_of, shared
from .environment_sets import SETS, Joined, Step
from .house import House
from .integrations import Integrations
from .roles import admin, operator, viewer

KIND: Final = SETS


class Environments:
    """What a person can do with an integration's environments. ``integration`` is a set's id, or a member's id or name."""

    def __init__(self, house: House, integrations: Integrations) -> None:
        self.house, self.integrations = house, integrations

    # -- looking -------------------------------------------------------------------------------------------------------

    @viewer
    async def sets(self) -> list[EnvironmentSet]:
        """Return every integration that has environments, by name."""
        found = [await self._shown(joined) for joined in await self._all()]
        return sorted(found, key=lambda one: one.name.casefold())

    @viewer
    async def variants(self, integration: str) -> EnvironmentSet:
        """Return one integration in all its environments. Raises NotFound where it has none."""
        return await self._shown(await self._joined(integration))

    @viewer
    async def compare(self, integration: str, first: EnvironmentName, second: EnvironmentName) -> Promotion:
        """Return how ``second`` differs from ``first``, without a promotion in mind: ``definition`` is that of ``second``."""
        found = await self.variants(integration)
        one, other = found.variant(first), found.variant(second)
        return Promotion(
            set_id=found.id, source=first, target=second, definition=other.definition,
            changes=changes(one.definition, other.definition), source_mark=one.mark, target_mark=other.mark,
        )  # fmt: skip

    @viewer
    async def definitions(self, integration: str) -> dict[str, str]:
        """Return each environment's definition as a file for git, by its environment: no secret, no id and no time is in it."""
        found = await self.variants(integration)
        return {one.environment: text_of(one.definition) for one in found.variants if one.integration_id}

    # -- changing ------------------------------------------------------------------------------------------------------

    @operator
    async def begin(self, integration: str, environment: EnvironmentName = "dev") -> EnvironmentSet:
        """Give a saved integration environments; as it is, it is the one of ``environment``. Refused where it has some already."""
        saved = await self.integrations.get(integration)
        joined = Joined(id=new_id("env"), name=saved.name, members={environment: saved.id})
        await self._put(joined)
        return await self._shown(joined)

    @operator
    async def join(self, integration: str, other: str, environment: EnvironmentName) -> EnvironmentSet:
        """Take another saved integration in as the one of ``environment``."""
        joined, saved = await self._joined(integration), await self.integrations.get(other)
        if await self._member(joined, environment) is not None:
            raise Refused(say(
                "There is an integration for {environment} already. Promote to it instead.", environment=environment
            ))  # fmt: skip
        changed = joined.model_copy(update={"members": {**joined.members, environment: saved.id}})
        await self._put(changed)
        return await self._shown(changed)

    @operator
    async def set_values(
        self, integration: str, environment: EnvironmentName, values: dict[str, JsonValue]
    ) -> EnvironmentSet:
        """Set values of one environment by place (``url``, ``headers.X-Tenant``, ``credential.username``); no promotion changes them.

        Raises Invalid for a place that the integration does not have, and for what its checks have against a value.
        """
        joined = await self._joined(integration)
        member = await self._there(joined, environment)
        definition = definition_of(member.settings)
        check_values(values, definition)
        for place, value in values.items():
            put(definition, place, value)
        changed = joined.with_own(environment, values)
        return await self._become(changed, environment, definition, secrets_of(member.settings), "")

    @operator
    async def set_secrets(
        self, integration: str, environment: EnvironmentName, secrets: dict[str, SecretRef]
    ) -> EnvironmentSet:
        """Give one environment other secrets, by place."""
        joined = await self._joined(integration)
        member = await self._there(joined, environment)
        definition = definition_of(member.settings)
        check_places(secrets, wanted(definition))
        return await self._become(joined, environment, definition, {**secrets_of(member.settings), **secrets}, "")  # fmt: skip

    @operator
    async def promote(
        self, integration: str, source: EnvironmentName, target: EnvironmentName, values: dict[str, JsonValue] | None = None
    ) -> Promotion:  # fmt: skip
        """Return what ``target`` would become with the structure of ``source``, and the secrets it lacks. Changes nothing.

        ``values`` become its own, as with ``set_values``.
        """
        if source == target:
            raise Refused(say("Choose two different environments."))
        joined = await self._joined(integration)
        shown = await self._shown(joined)
        origin = await self._there(joined, source)
        member = await self._member(joined, target)
        before = definition_of(member.settings) if member else None
        given = values or {}
        made, kept = promoted(definition_of(origin.settings), before, {**joined.own.get(target, {}), **given})
        check_values(given, made)
        if before is None and "name" not in given:
            made["name"] = f"{joined.name[:80]} ({target})"
        has = shown.variant(target)
        missing = [place for place in wanted(made) if place not in has.secrets or place in has.missing]
        return Promotion(
            set_id=joined.id, source=source, target=target, definition=made, changes=changes(before, made), kept=kept,
            values=given, missing=tuple(missing), source_mark=shown.variant(source).mark, target_mark=has.mark,
        )  # fmt: skip

    @operator
    async def apply(
        self, promotion: Promotion, secrets: dict[str, SecretRef] | None = None
    ) -> EnvironmentSet:
        """Carry a promotion out, with the secrets it asked for.

        Raises Refused when one of the two environments was changed since the look, Invalid for a secret that still lacks.
        """
        secrets = secrets or {}
        again = await self.promote(promotion.set_id, promotion.source, promotion.target, promotion.values)
        if again != promotion:
            raise Refused(say("One of the two environments was changed since you looked. Look again, then promote."))  # fmt: skip
        check_places(secrets, wanted(again.definition))
        lacking = [place for place in again.missing if place not in secrets]
        if lacking:
            raise Invalid([
                Problem(field=place, sentence=say("Type the secret “{place}” of {environment}.", place=place, environment=again.target))
                for place in lacking
            ])  # fmt: skip
        joined = await self._joined(again.set_id)
        member = await self._member(joined, again.target)
        held = secrets_of(member.settings) if member else {}
        if again.values:
            joined = joined.with_own(again.target, again.values)
        return await self._become(joined, again.target, again.definition, {**held, **secrets}, again.source)

    @viewer
    async def look_back(self, integration: str, environment: EnvironmentName) -> RollBack:
        """Return what a roll-back would change. Raises Refused where there is nothing to go back to."""
        joined = await self._joined(integration)
        step = _step(joined, environment)
        member = await self._there(joined, environment)
        shown = (await self._shown(joined)).variant(environment)
        return RollBack(
            set_id=joined.id, environment=environment, changes=changes(definition_of(member.settings), step.definition),
            at=step.at, mark=shown.mark,
        )  # fmt: skip

    @operator
    async def roll_back(
        self, integration: str, environment: EnvironmentName, mark: str = ""
    ) -> EnvironmentSet:
        """Put one environment back to what it was before the last change made here; done again, it undoes itself.

        With the ``mark`` of a look, it is refused when the environment was changed since.
        """
        joined = await self._joined(integration)
        step = _step(joined, environment)
        await self._there(joined, environment)
        if mark and (await self._shown(joined)).variant(environment).mark != mark:
            raise Refused(say("This environment was changed since you looked. Look again, then roll back."))
        own = {**joined.own, environment: step.own}
        changed = joined.model_copy(update={"own": own})
        return await self._become(changed, environment, step.definition, step.secrets, step.source)

    @admin
    async def dissolve(self, integration: str) -> None:
        """Take the environments of an integration apart; each integration stays as it is, without the others."""
        joined = await self._joined(integration)
        await asyncio.to_thread(self.house.catalogue.delete, KIND, joined.id)
        for step in joined.before.values():
            await self._forget(step.secrets)

    # -- inside --------------------------------------------------------------------------------------------------------

    async def _become(
        self, joined: Joined, environment: EnvironmentName, definition: Definition, secrets: Mapping[str, SecretRef], source: str
    ) -> EnvironmentSet:  # fmt: skip
        """Make an environment what the definition says, and keep what it was.

        The set is kept before the integration is saved: a crash in between leaves an environment that can be rolled back to itself.
        """
        settings = settings_of(definition, secrets)
        member = await self._member(joined, environment)
        id = member.id if member else joined.members.get(environment) or new_id("int")
        draft = Draft(
            id=new_id("dra"), settings=settings, integration_id=id, updated_at=self.house.clock.now()
        )
        problems = blocking(await self.integrations.check(draft, "save"))
        if problems:
            raise Invalid(problems)
        old = joined.before.get(environment)
        before = dict(joined.before)
        if member is not None:
            before[environment] = await self._as_step(joined, environment, member.settings, source)
        if old is not None and old.secrets:  # a roll-back hands its copies over to the integration
            handed = {ref.handle for ref in settings.secrets()}
            await self._forget({place: ref for place, ref in old.secrets.items() if ref.handle not in handed})
        changed = joined.model_copy(update={"members": {**joined.members, environment: id}, "before": before})
        await self._put(changed)
        await self.integrations.save(draft)
        return await self._shown(changed)

    async def _as_step(
        self, joined: Joined, environment: EnvironmentName, settings: Settings, source: str
    ) -> Step:  # fmt: skip
        """Return the present state to go back to, with copies of its secrets; one that cannot be opened has to be typed again."""
        refs = secrets_of(settings)
        opened, _ = await asyncio.to_thread(self.house.open_secrets, refs.values())
        copies = {
            place: await asyncio.to_thread(self.house.vault.seal_text, opened[ref.handle])
            for place, ref in refs.items()
            if ref.handle in opened
        }
        kept = await self._joined(joined.id)
        return Step(
            definition=definition_of(settings), secrets=copies, own=kept.own.get(environment, {}), source=source,
            at=self.house.clock.now(), who=self.house.person.name,
        )  # fmt: skip

    async def _shown(self, joined: Joined) -> EnvironmentSet:
        members = {name: await self._member(joined, name) for name in ENVIRONMENTS}
        settings = {name: one.settings for name, one in members.items() if one}
        values = {name: await self._opened(one) for name, one in settings.items()}
        variants = []
        for name in ENVIRONMENTS:
            member, step = members[name], joined.before.get(name)
            if member is None:
                variants.append(Variant(environment=name, own=joined.own.get(name, {})))
                continue
            refs, definition = secrets_of(member.settings), definition_of(member.settings)
            variants.append(Variant(
                environment=name, integration_id=member.id, definition=definition, secrets={place: ref.hint for place, ref in refs.items()},
                missing=tuple(place for place in refs if place not in values[name]), own=joined.own.get(name, {}),
                mark=mark_of(definition, refs), back=step.at if step else None,
            ))  # fmt: skip
        warnings = tuple(shared(settings, values))
        return EnvironmentSet(id=joined.id, name=joined.name, variants=tuple(variants), warnings=warnings)

    async def _opened(self, settings: Settings) -> dict[str, str]:
        """Return the secrets by place; they leave this process in no answer."""
        refs = secrets_of(settings)
        opened, _ = await asyncio.to_thread(self.house.open_secrets, refs.values())
        return {place: opened[ref.handle] for place, ref in refs.items() if ref.handle in opened}

    async def _all(self) -> list[Joined]:
        return [
            Joined.model_validate(item) for item in await asyncio.to_thread(self.house.catalogue.all, KIND)
        ]

    async def _joined(self, integration: str) -> Joined:
        found = await self._all()
        for joined in found:
            if joined.id == integration or integration in joined.members.values():
                return joined
        saved = await self.integrations.get(integration)
        for joined in found:
            if saved.id in joined.members.values():
                return joined
        raise NotFound(
            say("“{name}” has no environments yet. Begin with the one it is now.", name=saved.name)
        )

    async def _member(self, joined: Joined, environment: EnvironmentName) -> Integration | None:
        id = joined.members.get(environment)
        try:
            return await self.integrations.get(id) if id else None
        except NotFound:
            return None  # deleted on its own page

    async def _there(self, joined: Joined, environment: EnvironmentName) -> Integration:
        member = await self._member(joined, environment)
        if member is None:
            raise Refused(say(
                "“{name}” is not in {environment} yet. Promote it there first.", name=joined.name, environment=environment
            ))  # fmt: skip
        return member

    async def _put(self, joined: Joined) -> None:
        """Keep a set. Raises Refused where one of its integrations belongs to another set."""

        def work() -> None:
            with self.house.catalogue.transaction(KIND) as documents:
                taken = {
                    id for key, one in documents.items() if key != joined.id for id in one["members"].values()
                }
                if taken & set(joined.members.values()):
                    raise Refused(say("“{name}” has environments already.", name=joined.name))
                documents[joined.id] = joined.model_dump(mode="json")

        await asyncio.to_thread(work)

    async def _forget(self, secrets: Mapping[str, SecretRef]) -> None:
        for ref in secrets.values():
            await asyncio.to_thread(self.house.vault.forget, ref.handle)


def _step(joined: Joined, environment: EnvironmentName) -> Step:
    step = joined.before.get(environment)
    if step is None:
        raise Refused(say(
            "Nothing was changed in {environment} from here yet, so there is nothing to go back to.", environment=environment
        ))  # fmt: skip
    return step
