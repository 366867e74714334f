"""Digests: the week, the month and the year of a runner, told in one mail.

Pure: no clock, no network, no database. Facts of a period become a sheet, the sheet a
text and pictures' plans, all of it one page of HTML and one of plain text.
"""
