//! Trees on one pool, without a kernel around them.
