//! The bytes of a regular file: cloned, copied by the kernel, or read and written; holes stay holes.

use super::copy::Copier;
use super::options::{Reflink, Sparse};
use crate::errno::Errno;
use crate::shell::command::common::quote::quoted;
use crate::sys::Fd;
use crate::types::{Attr, FileType, Whence};

impl Copier<'_, '_> {
    pub(super) fn data(
        &mut self,
        from: &[u8],
        to: &[u8],
        attr: &Attr,
        source: Fd,
        target: Fd,
    ) -> bool {
        if self.options.reflink != Reflink::Never && self.options.sparse == Sparse::Auto
            || self.options.reflink == Reflink::Always
        {
            match self.ctx.sys.ficlone(target, source) {
                Ok(()) => return true,
                Err(errno) if self.options.reflink == Reflink::Always => {
                    self.ctx.fail(
                        format_args!("failed to clone {} from {}", quoted(to), quoted(from)),
                        errno,
                    );
                    return false;
                }
                Err(_) => {}
            }
        }
        let holes = attr.kind == FileType::Reg && attr.blocks * 512 < attr.size;
        let done = if holes && self.options.sparse != Sparse::Never {
            self.extents(source, target, attr.size)
        } else {
            self.stream(source, target, self.options.sparse == Sparse::Always)
        };
        match done {
            Ok(()) => true,
            Err((true, errno)) => {
                self.ctx.fail(format_args!("error reading {}", quoted(from)), errno);
                false
            }
            Err((false, errno)) => {
                self.ctx.fail(format_args!("error writing {}", quoted(to)), errno);
                false
            }
        }
    }

    /// Copies what is data and leaves what is a hole. Errors tell whether reading failed.
    fn extents(
        &mut self,
        source: Fd,
        target: Fd,
        size: u64,
    ) -> std::result::Result<(), (bool, Errno)> {
        let mut pos = 0;
        while pos < size {
            let start = match self.ctx.sys.lseek(source, pos as i64, Whence::Data) {
                Ok(start) => start,
                Err(Errno::ENXIO) => break,
                Err(errno) => return Err((true, errno)),
            };
            let end = self
                .ctx
                .sys
                .lseek(source, start as i64, Whence::Hole)
                .map_err(|errno| (true, errno))?;
            self.range(source, target, start, end.min(size))?;
            pos = end;
        }
        self.ctx.sys.ftruncate(target, size as i64).map_err(|errno| (false, errno))
    }

    fn range(
        &mut self,
        source: Fd,
        target: Fd,
        start: u64,
        end: u64,
    ) -> std::result::Result<(), (bool, Errno)> {
        let mut pos = start;
        while pos < end {
            match self.ctx.sys.copy_file_range(source, Some(pos), target, Some(pos), end - pos) {
                Ok(0) => break,
                Ok(n) => pos += n,
                Err(_) => {
                    let mut buf = vec![0; (end - pos).min(131_072) as usize];
                    let n = self.ctx.sys.pread(source, &mut buf, pos).map_err(|e| (true, e))?;
                    if n == 0 {
                        break;
                    }
                    self.ctx.sys.pwrite(target, &buf[..n], pos).map_err(|e| (false, e))?;
                    pos += n as u64;
                }
            }
        }
        Ok(())
    }

    fn stream(
        &mut self,
        source: Fd,
        target: Fd,
        punch: bool,
    ) -> std::result::Result<(), (bool, Errno)> {
        if !punch {
            // As cp does: the kernel copies; what it cannot, is read and written.
            let mut any = false;
            loop {
                match self.ctx.sys.copy_file_range(source, None, target, None, 1 << 30) {
                    Ok(0) if any => return Ok(()),
                    Ok(0) => break,
                    Ok(_) => any = true,
                    Err(Errno::ENOSPC) => return Err((false, Errno::ENOSPC)),
                    Err(_) => break,
                }
            }
        }
        let mut buf = vec![0; 131_072];
        let mut size = 0u64;
        loop {
            let n = self.ctx.sys.read(source, &mut buf).map_err(|errno| (true, errno))?;
            if n == 0 {
                break;
            }
            size += n as u64;
            if punch && buf[..n].iter().all(|&b| b == 0) {
                self.ctx.sys.lseek(target, n as i64, Whence::Cur).map_err(|e| (false, e))?;
                continue;
            }
            self.ctx.write_all(target, &buf[..n]).map_err(|errno| (false, errno))?;
        }
        if punch {
            self.ctx.sys.ftruncate(target, size as i64).map_err(|errno| (false, errno))?;
        }
        Ok(())
    }
}
