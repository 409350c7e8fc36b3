# SPDX-License-Identifier: Apache-2.0
"""A key manager for castellan: secrets as files of a directory that all nodes see, for vTPM without Barbican."""

import os
import pickle
import uuid

from castellan.common import exception
from castellan.key_manager import key_manager

PLACE = "/cloud/secrets"


class Keys(key_manager.KeyManager):
    def __init__(self, configuration):
        super().__init__(configuration)

    def store(self, context, managed_object, expiration=None):
        name = str(uuid.uuid4())
        with open(os.path.join(PLACE, name), "wb") as file:
            pickle.dump(managed_object, file)
        return name

    def get(self, context, managed_object_id, metadata_only=False):
        try:
            with open(os.path.join(PLACE, managed_object_id), "rb") as file:
                found = pickle.load(file)
        except FileNotFoundError as error:
            raise exception.ManagedObjectNotFoundError(uuid=managed_object_id) from error
        found._id = managed_object_id		# Nova names libvirt's secret by it.
        return found

    def delete(self, context, managed_object_id, force=False):
        try:
            os.unlink(os.path.join(PLACE, managed_object_id))
        except FileNotFoundError as error:
            raise exception.ManagedObjectNotFoundError(uuid=managed_object_id) from error

    def create_key_pair(self, context, algorithm, length, expiration=None, name=None):
        raise NotImplementedError

    def create_key(self, context, algorithm, length, expiration=None, name=None):
        raise NotImplementedError

    def list(self, context, object_type=None, metadata_only=False):
        return []
