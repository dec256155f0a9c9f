import unittest
from datetime import date

from invoicing.dates import find_due_date


class DatesTest(unittest.TestCase):
    def test_same_day_of_the_next_month(self):
        self.assertEqual(find_due_date(date(2025, 3, 14)), date(2025, 4, 14))

    def test_december_ends_in_the_next_year(self):
        self.assertEqual(find_due_date(date(2025, 12, 5)), date(2026, 1, 5))

    def test_short_months_end_early(self):
        self.assertEqual(find_due_date(date(2025, 1, 31)), date(2025, 2, 28))
        self.assertEqual(find_due_date(date(2024, 1, 31)), date(2024, 2, 29))
