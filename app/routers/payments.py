"""To be filled."""

from fastapi import APIRouter

router = APIRouter()
