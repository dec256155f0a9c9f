import unittest
from decimal import Decimal

from invoicing.orders import find_subtotal, find_total, read_order

SMALL = """
# office
pens; 10; 1.20
paper; 2; 4.55
"""
LARGE = "desk; 2; 1,250.00"
AT_THE_LIMIT = "chair; 1; 1,000.00"


class OrdersTest(unittest.TestCase):
    def test_reads_lines(self):
        self.assertEqual([line.name for line in read_order(SMALL)], ["pens", "paper"])

    def test_finds_the_subtotal(self):
        self.assertEqual(find_subtotal(read_order(SMALL)), Decimal("21.10"))

    def test_small_orders_have_no_discount(self):
        self.assertEqual(find_total(read_order(SMALL)), Decimal("25.32"))

    def test_large_orders_have_a_discount(self):
        self.assertEqual(find_total(read_order(LARGE)), Decimal("2850.00"))

    def test_discount_starts_at_the_limit(self):
        self.assertEqual(find_total(read_order(AT_THE_LIMIT)), Decimal("1140.00"))
