"""What a real platform's traffic says of the contract: confirmed, refuted, never seen.

evidence     every exchange walked along the contract: what was seen at each element
bodies       the same for what is in a JSON body
table        each element of the contract, and what became of it
differences  what was refuted, each with the actions of an overlay that would mend it
values       those of single values: enumerations, patterns, formats, types
proposal     the differences as files that a person reads, cuts and has applied
observed     the application: base, roles, provenance, all or nothing
"""
