//! User and group names, from /etc/passwd and /etc/group of the machine.

/// One line of /etc/passwd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub gecos: String,
    pub home: String,
    pub shell: String,
}

/// One line of /etc/group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub gid: u32,
    pub members: Vec<String>,
}

/// Both tables.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub users: Vec<User>,
    pub groups: Vec<Group>,
}

impl Names {
    /// Reads the two files' texts; lines that are no entries are passed over.
    pub fn parse(passwd: &[u8], group: &[u8]) -> Names {
        let passwd = String::from_utf8_lossy(passwd);
        let group = String::from_utf8_lossy(group);
        Names {
            users: passwd.lines().filter_map(user).collect(),
            groups: group.lines().filter_map(group_line).collect(),
        }
    }

    pub fn user(&self, uid: u32) -> Option<&str> {
        self.users.iter().find(|u| u.uid == uid).map(|u| u.name.as_str())
    }

    pub fn group(&self, gid: u32) -> Option<&str> {
        self.groups.iter().find(|g| g.gid == gid).map(|g| g.name.as_str())
    }

    /// The name, or the number where there is none.
    pub fn user_or_id(&self, uid: u32) -> String {
        self.user(uid).map_or_else(|| uid.to_string(), str::to_string)
    }

    pub fn group_or_id(&self, gid: u32) -> String {
        self.group(gid).map_or_else(|| gid.to_string(), str::to_string)
    }

    pub fn by_user_name(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|u| u.name == name)
    }

    pub fn by_group_name(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.name == name)
    }

    /// A name or a number (`+` in front forces a number).
    pub fn uid_of(&self, word: &str) -> Option<u32> {
        match self.by_user_name(word) {
            Some(user) => Some(user.uid),
            None => word.strip_prefix('+').unwrap_or(word).parse().ok(),
        }
    }

    pub fn gid_of(&self, word: &str) -> Option<u32> {
        match self.by_group_name(word) {
            Some(group) => Some(group.gid),
            None => word.strip_prefix('+').unwrap_or(word).parse().ok(),
        }
    }
}

fn user(line: &str) -> Option<User> {
    let mut f = line.split(':');
    let name = f.next()?.to_string();
    let _password = f.next()?;
    let uid = f.next()?.parse().ok()?;
    let gid = f.next()?.parse().ok()?;
    let gecos = f.next().unwrap_or_default().to_string();
    let home = f.next().unwrap_or_default().to_string();
    let shell = f.next().unwrap_or_default().to_string();
    Some(User { name, uid, gid, gecos, home, shell })
}

fn group_line(line: &str) -> Option<Group> {
    let mut f = line.split(':');
    let name = f.next()?.to_string();
    let _password = f.next()?;
    let gid = f.next()?.parse().ok()?;
    let members = f.next().unwrap_or_default();
    let members = members.split(',').filter(|m| !m.is_empty()).map(str::to_string).collect();
    Some(Group { name, gid, members })
}
