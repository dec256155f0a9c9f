import unittest
from decimal import Decimal

from invoicing.money import format_amount, parse_amount, round_amount


class MoneyTest(unittest.TestCase):
    def test_parses_whole_amounts(self):
        self.assertEqual(parse_amount("12"), Decimal("12"))

    def test_parses_cents(self):
        self.assertEqual(parse_amount(" 12.50 "), Decimal("12.50"))

    def test_parses_thousands(self):
        self.assertEqual(parse_amount("1,250.00"), Decimal("1250.00"))
        self.assertEqual(parse_amount("2,000"), Decimal("2000"))

    def test_rounds_halves_up(self):
        self.assertEqual(round_amount(Decimal("0.125")), Decimal("0.13"))

    def test_formats_thousands(self):
        self.assertEqual(format_amount(Decimal("1250")), "1,250.00")
