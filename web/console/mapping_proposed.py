"""/mapping/<store>/draft/proposed: what a ping could read from both systems becomes a draft of the rules."""

import tomllib
from dataclasses import replace

from connector.flows import rule_draft_acts
from connector.flows.rule_changes import version_of
from connector.flows.rules_file import rules_as_toml
from connector.mapping.rule_tables import filled_in
from web.console.asking import Form
from web.console.refusals import BadInput
from web.console.screens import Console, Done
from web.console.site import Visit


class ProposedForm(Form):
    """The proposal of a ping, as TOML. `version`: of the rules it was made for."""

    proposal: str
    version: int


def mapping_proposed_screen(console: Console) -> None:
    """Registers the act."""

    @console.act("mapping_propose", "/mapping/<store>/draft/proposed", ProposedForm)
    def propose(visit: Visit, form: ProposedForm, store: str) -> Done:
        """Begin a draft with the rules that could be read from both systems."""
        stored = visit.store(store)
        try:
            proposed = tomllib.loads(form.proposal).get("rules", {})
        except tomllib.TOMLDecodeError as error:
            raise BadInput(f"is not TOML: {error}", fields={"proposal": f"is not TOML: {error}"}) from error
        present = version_of(visit.site.runtime, stored, form.version)
        rules = filled_in(present.rules, proposed)
        text = rules_as_toml(store, replace(present, rules=rules.to_json()), with_defaults=False)
        with visit.engine.begin() as database:
            rule_draft_acts.propose(database, stored, text, base_version=form.version, actor=visit.who.name)
        return Done(
            "The proposal is a draft now. Nothing is in force before it is published.", f"/mapping/{store}/draft"
        )
