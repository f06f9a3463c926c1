//! Tests of the whole room through the file system trait, on a memory file system.
