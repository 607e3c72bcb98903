"""The garbage collector searches seldom while a run is worked, and as before afterwards."""

import gc

import pytest

from integrations.sync import collector


def test_the_usual_threshold_comes_back_after_the_last_slice_whatever_happens_in_one():
    usual = gc.get_threshold()
    with collector.seldom():
        with pytest.raises(ValueError), collector.seldom():
            assert gc.get_threshold() == (collector.OBJECTS, *usual[1:])
            raise ValueError
        assert gc.get_threshold() == (collector.OBJECTS, *usual[1:])  # the other slice still goes on
    assert gc.get_threshold() == usual
