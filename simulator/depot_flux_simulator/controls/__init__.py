"""The controls of a flux: plain values in, a verdict out.

`flux.controler` puts one through all of them; `equipment.Equipment` with what a server has at hand.

Source: Dossier général v3.2, 3.4.2 to 3.4.4 (documented).
"""
