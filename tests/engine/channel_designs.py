"""Custom channels that keep to the rules, to be changed by the tests: one of each type, and Microsoft's own sample as a file."""

from __future__ import annotations

from typing import Any

from workbench.models.custom_channel import ChannelSettings, MessagePart

DEFINITION, FORM, OTHER = (
    "af0c2a3c-85a5-43b3-84be-2a4a171249f3",
    "7d2b885a-80eb-479d-b0c3-600bc41e9789",
    "3071133f-1208-4dc1-8eba-4d4724961029",
)
PART = "15d57b1a-ddcd-4bb1-9af6-c691567ab9ef"
TEXT = MessagePart(id=PART, name="text", display_name="Text", description="Text")
CUSTOM = ChannelSettings(
    display_name="Sample custom channel", description="Metadata definition for sample custom channel", definition_id=DEFINITION,
    outbound_api="/cr65f_OutboundCustomApi", instance_entity="cr65f_samplechannelinstance", instance_form_id=FORM,
    message_form_id="69723cfe-3835-4126-ab9a-a82a5b88c21d", has_delivery_receipt=False, parts=(TEXT,),
)  # fmt: skip
SMS = CUSTOM.model_copy(update={
    "type": "SMS", "has_inbound": True, "has_delivery_receipt": True, "supports_account": True, "message_form_id": "",
    "account_entity": "cr65f_account",
    "account_form_id": OTHER,
})  # fmt: skip

MICROSOFTS = f"""<ImportExportXml xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <msdyn_channeldefinitions>
    <msdyn_channeldefinition msdyn_channeldefinitionid="{DEFINITION.upper()}">
      <msdyn_channeldefinitionexternalentity>cr65f_samplechannelinstance</msdyn_channeldefinitionexternalentity>
      <msdyn_channeldefinitionexternalformid>{FORM}</msdyn_channeldefinitionexternalformid>
      <msdyn_channeltype>Custom</msdyn_channeltype>
      <msdyn_displayname>Sample custom channel</msdyn_displayname>
      <msdyn_hasdeliveryreceipt>0</msdyn_hasdeliveryreceipt>
      <msdyn_hasinbound>0</msdyn_hasinbound>
      <msdyn_outboundendpointurltemplate>/cr65f_OutboundCustomApi</msdyn_outboundendpointurltemplate>
      <msdyn_specialconsentrequired>0</msdyn_specialconsentrequired>
      <msdyn_supportsaccount>0</msdyn_supportsaccount>
      <msdyn_supportsattachment>0</msdyn_supportsattachment>
      <msdyn_supportsbinary>0</msdyn_supportsbinary>
      <statecode>0</statecode>
      <statuscode>1</statuscode>
    </msdyn_channeldefinition>
  </msdyn_channeldefinitions>
  <msdyn_channelmessageparts>
    <msdyn_channelmessagepart msdyn_channelmessagepartid="{PART}">
      <msdyn_channeldefinitionid><msdyn_channeldefinitionid>{DEFINITION}</msdyn_channeldefinitionid></msdyn_channeldefinitionid>
      <msdyn_description>Text</msdyn_description>
      <msdyn_displayname>Text</msdyn_displayname>
      <msdyn_isrequired>1</msdyn_isrequired>
      <msdyn_maxlength>1000</msdyn_maxlength>
      <msdyn_name>text</msdyn_name>
      <msdyn_type>192350000</msdyn_type>
      <statecode>0</statecode>
      <statuscode>1</statuscode>
    </msdyn_channelmessagepart>
  </msdyn_channelmessageparts>
</ImportExportXml>"""
"""In the shape of the samples of Microsoft's documentation, but with the definition's GUID in capital letters."""


def part(**more: Any) -> MessagePart:
    """Return the text part, changed."""
    return TEXT.model_copy(update=more)
