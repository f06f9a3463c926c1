//! The driver's records: a JSON file for each device, one for the set, one for the transaction that is open.

use crate::drivers::{Answer, Failure, files};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys};
use serde::{Deserialize, Serialize};

/// What `metadata/ID` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub device_id: u32,
    pub size: u64,
    pub transaction_id: u64,
    pub initialized: bool,
    pub deleted: bool,
}

/// `metadata/deviceset-metadata`.
#[derive(Serialize, Deserialize)]
struct Set {
    next_device_id: u32,
    #[serde(rename = "BaseDeviceUUID")]
    uuid: String,
    #[serde(rename = "BaseDeviceFilesystem")]
    filesystem: String,
}

/// `metadata/transaction-metadata`.
#[derive(Serialize, Deserialize)]
struct Transaction {
    open_transaction_id: u64,
    device_hash: String,
    device_id: u32,
}

/// Numbers for a new device.
#[derive(Clone, Copy)]
pub struct Next {
    pub id: u32,
    pub transaction: u64,
}

const SET: &str = "deviceset-metadata";
const TRANSACTION: &str = "transaction-metadata";

pub struct Records<'a> {
    pub home: &'a str,
}

impl Records<'_> {
    fn path(&self, name: &str) -> String {
        format!("{}/metadata/{name}", self.home)
    }

    fn read<T: for<'d> Deserialize<'d>>(&self, sys: &mut dyn Sys, name: &str) -> Answer<Option<T>> {
        let path = self.path(name);
        match files::read(sys, &path) {
            Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(Failure::of("open", &path, errno)),
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|why| Failure(format!("devmapper: Error reading {path}: {why}"))),
        }
    }

    fn write<T: Serialize>(&self, sys: &mut dyn Sys, name: &str, value: &T) -> Answer<()> {
        let path = self.path(name);
        let text = serde_json::to_vec(value).map_err(|why| Failure(why.to_string()))?;
        files::replace(sys, &path, &text, 0o600).map_err(|it| Failure::of("open", &path, it))
    }

    /// The device of a layer, if there is one.
    ///
    /// # Errors
    /// The disk's; a record that cannot be read.
    pub fn device(&self, sys: &mut dyn Sys, id: &str) -> Answer<Option<Device>> {
        if id.is_empty() || id.contains('/') {
            return Err(Failure(format!("devmapper: Unknown device {id}")));
        }
        self.read(sys, id)
    }

    /// # Errors
    /// The disk's.
    pub fn put(&self, sys: &mut dyn Sys, id: &str, device: &Device) -> Answer<()> {
        self.write(sys, id, device)
    }

    /// The last transaction.
    ///
    /// # Errors
    /// The disk's.
    pub fn transaction(&self, sys: &mut dyn Sys) -> Answer<u64> {
        let open: Option<Transaction> = self.read(sys, TRANSACTION)?;
        Ok(open.map_or(0, |it| it.open_transaction_id))
    }

    /// Opens a transaction for a new device, with the first number that no device has.
    ///
    /// # Errors
    /// The disk's.
    pub fn next(&self, sys: &mut dyn Sys, id: &str) -> Answer<Next> {
        let mut taken = std::collections::BTreeSet::new();
        for name in files::names(sys, &format!("{}/metadata", self.home)) {
            if name != SET && name != TRANSACTION && !name.starts_with('.') {
                taken.extend(self.device(sys, &name)?.map(|it| it.device_id));
            }
        }
        let own = (1..).find(|it| !taken.contains(it)).unwrap_or(u32::MAX);
        let transaction = self.transaction(sys)? + 1;
        let open = Transaction {
            open_transaction_id: transaction,
            device_hash: id.to_owned(),
            device_id: own,
        };
        self.write(sys, TRANSACTION, &open)?;
        Ok(Next { id: own, transaction })
    }

    /// Forgets a device, in this transaction.
    ///
    /// # Errors
    /// The disk's.
    pub fn forget(&self, sys: &mut dyn Sys, id: &str, transaction: u64) -> Answer<()> {
        let device_id = self.device(sys, id)?.map_or(0, |it| it.device_id);
        let open =
            Transaction { open_transaction_id: transaction, device_hash: id.to_owned(), device_id };
        self.write(sys, TRANSACTION, &open)?;
        let path = self.path(id);
        sys.unlinkat(AT_FDCWD, path.as_bytes(), 0).map_err(|it| Failure::of("remove", &path, it))
    }

    /// Writes what the set begins with.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_set(&self, sys: &mut dyn Sys, last: u32, uuid: &str) -> Answer<()> {
        let set =
            Set { next_device_id: last, uuid: uuid.to_owned(), filesystem: "ext4".to_owned() };
        self.write(sys, SET, &set)
    }
}
