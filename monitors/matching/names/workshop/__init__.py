"""Run by hand: makes the data files of ``names/data`` from what libraries and open word lists know."""
