//! A kernel without AUFS: a mount(8) that wants one asks for the machine with all commands first.

use super::mount::{Ready, Refusal};
use crate::errno::Errno;
use crate::overlay::Options;
use crate::types::FsId;
use crate::vfs::{Kernel, SysOf};

impl SysOf<'_> {
    pub(super) fn new_aufs(
        &mut self,
        _: Options<'_>,
        _: bool,
    ) -> std::result::Result<Ready, Refusal> {
        Err((Errno::ENODEV, Vec::new()))
    }

    pub(super) fn change_branches(
        &mut self,
        _: FsId,
        _: &[u8],
    ) -> std::result::Result<(), Refusal> {
        Ok(())
    }
}

impl Kernel {
    pub(in crate::vfs) fn forget_union_names(&mut self) {}

    pub(in crate::vfs) fn union_files(&self) -> Vec<crate::vfs::proc::UnionView> {
        Vec::new()
    }
}
