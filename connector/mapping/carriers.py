"""Who carries a parcel, as Shopify spells it: only then it makes the buyer a link to the parcel. Pure."""

from connector.mapping.rules import Rules

# Source: FulfillmentTrackingInfo.company, Admin GraphQL API 2026-10. Capital letters matter.
_KNOWN = """
4PX; AGS; Amazon; Amazon Logistics UK; An Post; Anjun Logistics; APC; Asendia USA; Australia Post; Bonshaw; BPost
BPost International; Canada Post; Canpar; CDL Last Mile; China Post; Chronopost; Chukou1; Colissimo; Comingle
Coordinadora; Correios; Correos; CTT; CTT Express; Cyprus Post; Delnext; Deutsche Post; DHL eCommerce
DHL eCommerce Asia; DHL Express; DPD; DPD Local; DPD UK; DTD Express; DX; Eagle; Estes; Evri; FedEx
First Global Logistics; First Line; FSC; Fulfilla; GLS; Guangdong Weisuyi Information Technology (WSE)
Heppner Internationale Spedition GmbH & Co.; Iceland Post; IDEX; Israel Post; Japan Post (EN); Japan Post (JA)
La Poste Colissimo; La Poste Burkina Faso; Lasership; Latvia Post; Lietuvos Paštas; Logisters; Lone Star Overnight
M3 Logistics; Meteor Space; Mondial Relay; New Zealand Post; NinjaVan; North Russia Supply Chain (Shenzhen) Co.
OnTrac; Packeta; Pago Logistics; Ping An Da Tengfei Express; Pitney Bowes; Portal PostNord; Poste Italiane; PostNL
PostNord DK; PostNord NO; PostNord SE; Purolator; Qxpress; Qyun Express; Royal Mail; Royal Shipments; Sagawa (EN)
Sagawa (JA); Sendle; SF Express; SFC Fulfillment; ShipBob; SHREE NANDAN COURIER; Singapore Post
Southwest Air Cargo; StarTrack; Step Forward Freight; Swiss Post; TForce Final Mile; Tinghao; TNT; Toll IPEC
United Delivery Service; UPS; USPS; Venipak; We Post; Whistl; Wizmo; WMYC; Xpedigo; XPO Logistics; Yamato (EN)
Yamato (JA); YiFan Express; YunExpress; Aramex Australia; TNT Australia; Hunter Express; Couriers Please; Bonds
Allied Express; Direct Couriers; Northline; GO Logistics; Österreichische Post; Speedy; Intelcom; BoxKnight
Loomis; WanbExpress; Zásilkovna; Deutsche Post (DE); Deutsche Post (EN); DHL; Swiship; Hermes; SEUR; Colis Privé
Parcelforce; Yodel; DHL Parcel; Tuffnells; ACS Courier; Fastway; DPD Ireland; DTDC; India Post; Delhivery
Gati KWE; Professional Couriers; XpressBees; Ecom Express; Ekart; Shadowfax; Bluedart; BRT; GLS Italy; エコ配; 西濃運輸
西濃スーパーエキスプレス; 福山通運; 日本通運; 名鉄運輸; 第一貨物; Bring; Inpost; PTT; Yurtiçi Kargo; Aras Kargo; Sürat Kargo
Alliance Air Freight; Pilot Freight; LSO; Old Dominion; Pandion; R+L Carriers; Skynet
"""
_SPELLING = {name.strip().casefold(): name.strip() for line in _KNOWN.splitlines() for name in line.split(";") if name}
# NetSuite's word for a carrier that is neither UPS, FedEx nor USPS: it names nobody.
_NOBODY = "nonups"


def company(carrier: str | None, method: str | None, rules: Rules) -> str | None:
    """The tracking company of a parcel: by rule, else as Shopify spells it, else as NetSuite does; None where none is named."""
    named = [name.strip() for name in (method, carrier) if name and name.strip() and name.strip() != _NOBODY]
    by_rule = [rules.fulfillments.carriers[name] for name in named if name in rules.fulfillments.carriers]
    known = [_SPELLING[name.casefold()] for name in named if name.casefold() in _SPELLING]
    return next(iter([*by_rule, *known, *named]), None)
