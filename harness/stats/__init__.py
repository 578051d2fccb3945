"""How sure a value is: the bootstrap over groups, intervals, paired tests."""
